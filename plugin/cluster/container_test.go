package cluster

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestEtcdContainer(t *testing.T) {
	for name, c := range map[string]struct {
		containers []corev1.Container
		want       string // "" where none runs etcd
	}{
		"by its command":         {[]corev1.Container{{Name: "db", Image: "mirror/x", Command: []string{"etcd"}}}, "db"},
		"by a path":              {[]corev1.Container{{Name: "db", Command: []string{"/usr/local/bin/etcd", "--name=a"}}}, "db"},
		"by its first argument":  {[]corev1.Container{{Name: "db", Args: []string{"etcd", "--name=a"}}}, "db"},
		"by the image's command": {[]corev1.Container{{Name: "db", Image: "host:5000/a/etcd:v3.7.3"}}, "db"},
		"by an image's digest":   {[]corev1.Container{{Name: "db", Image: "quay.io/coreos/etcd@sha256:00"}}, "db"},
		"beside a sidecar":       {[]corev1.Container{{Name: "s", Image: "sidecar"}, {Name: "etcd", Command: []string{"etcd"}}}, "etcd"},
		"a name is nothing":      {[]corev1.Container{{Name: "etcd", Image: "nginx"}}, ""},
		"a client of it":         {[]corev1.Container{{Name: "c", Image: "x/etcd:v3.7.3", Command: []string{"etcdctl"}}}, ""},
		"something like it":      {[]corev1.Container{{Name: "c", Image: "x/etcd-operator:v1"}}, ""},
		"nothing at all":         {nil, ""},
	} {
		found, ok := etcdContainer(corev1.PodSpec{Containers: c.containers})
		if found.Name != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, want %q", name, found.Name, c.want)
		}
	}
}

func TestClientURL(t *testing.T) {
	env := func(name, value string) []corev1.EnvVar { return []corev1.EnvVar{{Name: name, Value: value}} }
	for name, c := range map[string]struct {
		container corev1.Container
		scheme    string
		port      int
	}{
		"ours": {
			corev1.Container{Command: []string{"etcd"}, Args: []string{"--advertise-client-urls=http://$(POD_NAME).$(CLUSTER).$(POD_NAMESPACE).svc:2379"}},
			"http", 2379,
		},
		"in two words":       {corev1.Container{Args: []string{"etcd", "--listen-client-urls", "https://0.0.0.0:4001"}}, "https", 4001},
		"one dash":           {corev1.Container{Args: []string{"-listen-client-urls=http://0.0.0.0:1"}}, "http", 1},
		"the first of two":   {corev1.Container{Args: []string{"--listen-client-urls=https://[::]:2,http://127.0.0.1:3"}}, "https", 2},
		"in the environment": {corev1.Container{Env: env("ETCD_ADVERTISE_CLIENT_URLS", "https://a:5")}, "https", 5},
		"without a port":     {corev1.Container{Args: []string{"--advertise-client-urls=https://a"}}, "https", 2379},
		"a flag at the end":  {corev1.Container{Args: []string{"--listen-client-urls"}}, "http", 2379},
		"nothing said":       {corev1.Container{}, "http", 2379},
	} {
		if scheme, port := clientURL(c.container); scheme != c.scheme || port != c.port {
			t.Errorf("%s: %s %d, want %s %d", name, scheme, port, c.scheme, c.port)
		}
	}
}

func FuzzClientURL(f *testing.F) {
	f.Add("--advertise-client-urls=http://$(POD_NAME).etcd:2379", "--listen-client-urls")
	f.Add("--listen-client-urls=://:::", "-")
	f.Fuzz(func(t *testing.T, one, two string) {
		scheme, _ := clientURL(corev1.Container{Args: []string{one, two}})
		if scheme == "" || strings.ContainsAny(scheme, ":/ ") {
			t.Errorf("scheme %q", scheme)
		}
	})
}
