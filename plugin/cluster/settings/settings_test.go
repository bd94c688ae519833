package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestSettings(t *testing.T) {
	c := corev1.Container{
		Command: []string{"etcd", "--name=flag", "--client-cert-auth", "--advertise-client-urls=https://$(SECRET):2379,https://b:2379"},
		Env: []corev1.EnvVar{
			{Name: "SECRET", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{}}},
			{Name: "ETCD_NAME", Value: "variable"},
			{Name: "ETCD_DATA_DIR", Value: "/d"},
			{Name: "ETCD_PEER_CLIENT_CERT_AUTH", Value: "1"},
			{Name: "ETCD_AUTO_TLS", Value: "no"},
			{Name: "ETCDCTL_CERT", Value: "/c"},
			{Name: "ETCDCTL_API"},
		},
	}
	s, err := Read(t.Context(), &corev1.Pod{}, c, objects{})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ what, got, want string }{
		{"a flag beats its variable", s.Get("name"), "flag"},
		{"a variable", s.Get("data-dir"), "/d"},
		{"unset", s.Get("wal-dir"), ""},
		{"unknown in part", s.Get("advertise-client-urls"), ""},
		{"the part that is known", s.Pattern("advertise-client-urls"), "https://*:2379,https://b:2379"},
		{"a variable of etcdctl", s.Env("ETCDCTL_CERT"), "/c"},
		{"an unknown variable", s.Env("SECRET"), ""},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", test.what, test.got, test.want)
		}
	}
	if diff := cmp.Diff([]string{"ETCDCTL_API", "ETCDCTL_CERT"}, s.Variables("ETCDCTL_")); diff != "" {
		t.Errorf("variables of etcdctl (-want +got)\n%s", diff)
	}
	for flag, want := range map[string]bool{"client-cert-auth": true, "peer-client-cert-auth": true, "auto-tls": false, "pre-vote": false, "name": false} {
		if s.Bool(flag) != want {
			t.Errorf("--%s is %v", flag, !want)
		}
	}
}

// TestPositionalArguments: $1 and up are the script's arguments, and those beyond the last are unset.
func TestPositionalArguments(t *testing.T) {
	for script, want := range map[string]string{
		"etcd --name $1": "one", "etcd --name $2": "two", "etcd --name $3": "*", "etcd --name ${2}${1}": "twoone", "etcd --name a$0": "a*", "etcd --name ${3:-x}": "x",
	} {
		s, err := Read(t.Context(), scriptPod(), scriptContainer("/bin/sh", "-ec", script, "sh", "one", "two"), objects{})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Pattern("name"); got != want {
			t.Errorf("%s: %q, want %q", script, got, want)
		}
	}
}
