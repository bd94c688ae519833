package settings

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestRuns(t *testing.T) {
	ports := []corev1.ContainerPort{{Name: "client", ContainerPort: 2379}, {Name: "peer", ContainerPort: 2380}}
	env := func(names ...string) (vars []corev1.EnvVar) {
		for _, n := range names {
			vars = append(vars, corev1.EnvVar{Name: n, Value: "x"})
		}
		return vars
	}
	bitnami := "docker.io/bitnami/etcd:3.6.4-debian-12-r4"
	official := "gcr.io/etcd-development/etcd:v3.7.3"
	tests := []struct {
		name string
		c    corev1.Container
		want bool
	}{
		{"command is etcd", corev1.Container{Command: []string{"etcd", "--name=a"}}, true},
		{"command is a path to etcd", corev1.Container{Command: []string{"/usr/local/bin/etcd"}}, true},
		{"first argument is etcd", corev1.Container{Args: []string{"etcd", "--name=a"}}, true},
		{"sh -c", corev1.Container{Command: []string{"/bin/sh", "-c", "exec etcd --name a"}}, true},
		{"bash -ec in two words", corev1.Container{Command: []string{"bash", "-e", "-c"}, Args: []string{"etcd"}}, true},
		{"sh -ecx after an assignment", corev1.Container{Command: []string{"/bin/sh", "-ecx", "A=b\nexec /usr/local/bin/etcd --name $A"}}, true},
		{"bash -euo pipefail -c", corev1.Container{Command: []string{"bash", "-euo", "pipefail", "-c", "etcd"}}, true},
		{"script: behind && and variables of its own", corev1.Container{Command: []string{"sh", "-c", "mkdir -p /d && ETCD_NAME=x exec etcd"}}, true},
		{"script: line continuations", corev1.Container{Command: []string{"sh", "-c", "exec \\\n etcd \\\n --name a"}}, true},
		{"script: nice and ionice, as OpenShift does", corev1.Container{Command: []string{"/bin/sh", "-c", "exec nice -n -19 ionice -c2 -n0 etcd --logger=zap"}}, true},
		{"script: path in a variable", corev1.Container{Command: []string{"sh", "-c", `"${BIN}/etcd" --name a`}}, true},
		{"tini", corev1.Container{Command: []string{"tini", "--", "etcd"}}, true},
		{"gosu and its user", corev1.Container{Command: []string{"gosu", "etcd", "etcd", "--name=a"}}, true},
		{"gosu and another program", corev1.Container{Command: []string{"gosu", "etcd", "etcdctl", "get"}}, false},

		{"image etcd alone", corev1.Container{Image: official}, true},
		{"image etcd with flags", corev1.Container{Image: "quay.io/coreos/etcd", Args: []string{"--name=a"}}, true},
		{"image with a port, a tag and a digest", corev1.Container{Image: "registry:5000/etcd:3.6.5-0@sha256:00"}, true},
		{"image called otherwise", corev1.Container{Image: "registry:5000/etcd/other:1"}, false},
		{"Bitnami's image alone", corev1.Container{Image: bitnami, Env: env("ETCD_NAME")}, true},
		{"Bitnami's entry point and run.sh", corev1.Container{
			Image: bitnami, Ports: ports,
			Command: []string{"/opt/bitnami/scripts/etcd/entrypoint.sh"}, Args: []string{"/opt/bitnami/scripts/etcd/run.sh"},
		}, true},
		{"a wrapper in the etcd image", corev1.Container{Image: official, Command: []string{"/bin/sh", "/scripts/start.sh"}}, true},
		{"a script that calls a script, with etcd's ports", corev1.Container{
			Image: official, Ports: ports,
			Command: []string{"sh", "-c", "sleep 1; /etcd/launch.sh"},
		}, true},
		{"etcd-druid's wrapper", corev1.Container{Image: "europe-docker.pkg.dev/gardener/etcd-wrapper:v0.7.1", Args: []string{"start-etcd"}, Ports: ports}, true},
		{"Kubermatic's launcher", corev1.Container{Image: official, Command: []string{"/opt/bin/etcd-launcher", "run"}, Ports: ports}, true},
		{"a server's variables", corev1.Container{Image: "acme/kv:1", Env: env("ETCD_NAME", "ETCD_LISTEN_CLIENT_URLS")}, true},

		{"etcdctl", corev1.Container{Image: official, Command: []string{"etcdctl", "snapshot", "save"}}, false},
		{"etcdctl as argument", corev1.Container{Image: official, Args: []string{"/usr/local/bin/etcdctl", "get", "a"}}, false},
		{"etcdutl", corev1.Container{Image: official, Command: []string{"/usr/local/bin/etcdutl"}}, false},
		{"script of etcdctl", corev1.Container{Image: official, Command: []string{"sh", "-c", "etcdctl get etcd; sleep 1"}}, false},
		{"script that says etcd", corev1.Container{Image: official, Command: []string{"sh", "-c", "echo etcd # etcd --name"}}, false},
		{"sleep in a server's place", corev1.Container{Image: official, Command: []string{"sleep", "infinity"}, Ports: ports}, false},
		{"Bitnami's snapshot job", corev1.Container{
			Image: bitnami, Command: []string{"/opt/bitnami/scripts/etcd/snapshot.sh"},
			Env: env("ETCDCTL_API", "ETCD_ON_K8S", "ETCD_SNAPSHOTS_DIR"),
		}, false},
		{"Bitnami's pre-upgrade job", corev1.Container{Image: bitnami, Command: []string{"/opt/bitnami/scripts/etcd/preupgrade.sh"}}, false},
		{"etcd-defrag", corev1.Container{Image: "ghcr.io/ahrtr/etcd-defrag:v0.31", Args: []string{"--cluster"}}, false},
		{"backup sidecar", corev1.Container{
			Image: "gardener/etcdbrctl:v0.36", Args: []string{"server"},
			Ports: []corev1.ContainerPort{{ContainerPort: 8080}},
		}, false},
		{"backup sidecar with a member's variables", corev1.Container{Image: "acme/etcd-backup", Env: env("ETCD_DATA_DIR")}, false},
		{"an operator", corev1.Container{Image: "acme/etcd-operator", Env: env("ETCD_NAME")}, false},
		{"an application with a client's variables", corev1.Container{Image: "acme/app", Env: env("ETCD_ENDPOINTS", "ETCDCTL_CACERT")}, false},
		{"grpc-proxy", corev1.Container{Image: official, Command: []string{"etcd", "grpc-proxy", "start"}, Ports: ports}, false},
		{"gateway in a script", corev1.Container{Image: official, Command: []string{"sh", "-c", "exec etcd gateway start"}}, false},
		{"grpc-proxy as argument of the image", corev1.Container{Image: official, Args: []string{"grpc-proxy", "start"}, Ports: ports}, false},
		{"kube-apiserver", corev1.Container{Image: "registry.k8s.io/kube-apiserver:v1.36.0", Command: []string{"kube-apiserver", "--etcd-servers=https://127.0.0.1:2379"}}, false},
		{"a wrapper with the port for peers alone", corev1.Container{Image: "acme/etcd-x:1", Ports: []corev1.ContainerPort{{ContainerPort: 8080}, {ContainerPort: 2380}}}, true},
		{"a wrapper with the port for clients alone", corev1.Container{Image: "acme/etcd-x:1", Ports: []corev1.ContainerPort{{ContainerPort: 2379}}}, true},
		{"a wrapper with another port", corev1.Container{Image: "acme/etcd-x:1", Ports: []corev1.ContainerPort{{ContainerPort: 8080}}}, false},
		{"nothing at all", corev1.Container{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Runs(test.c); got != test.want {
				t.Errorf("Runs is %v, want %v", got, test.want)
			}
		})
	}
}

// TestFault: a malformed command still counts as etcd's if its words or its image show that. Fault explains it.
func TestFault(t *testing.T) {
	official := "gcr.io/etcd-development/etcd:v3.7.3"
	config := func(c corev1.Container) corev1.Container {
		c.VolumeMounts = []corev1.VolumeMount{{Name: "conf", MountPath: "/conf"}}
		return c
	}
	for name, c := range map[string]struct {
		container corev1.Container
		name      string // the intended --name
		want      string
	}{
		"one string": {
			corev1.Container{Image: "acme/kv:1", Command: []string{"/usr/local/bin/etcd --name a --data-dir /data"}},
			"a",
			"the command is one word with spaces in it: make each of its words an element of the list",
		},
		"one string of arguments": {
			corev1.Container{Image: official, Args: []string{"etcd --name a", "--data-dir=/data"}},
			"a",
			"the command is one word with spaces in it: make each of its words an element of the list",
		},
		"flag and value in one word": {
			corev1.Container{Command: []string{"etcd", "--name a"}},
			"",
			"flag --name and its value are one word with a space in it: write --name=VALUE, or make two elements of the list",
		},
		"a value with a space": {corev1.Container{Command: []string{"etcd", "--name=a b"}}, "a b", ""},
		"a program misspelt":   {corev1.Container{Image: official, Command: []string{"ectd", "--name=a", "--advertise-client-urls=http://a:2379"}}, "a", ""},
		"a script cut short":   {corev1.Container{Image: official, Command: []string{"sh", "-c", "if true; then exec etcd --name a"}}, "", ""},
		"a key that is not there": {
			config(corev1.Container{Command: []string{"etcd", "--config-file=/conf/etcd.yml"}}), "",
			`file /conf/etcd.yml is key "etcd.yml" of configmap "conf", which has no such key (it has: etcd.yaml)`,
		},
		"a key that is": {config(corev1.Container{Command: []string{"etcd", "--config-file=/conf/etcd.yaml"}}), "a", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if !Runs(c.container) {
				t.Error("it is taken for something else")
			}
			pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{c.container}, Volumes: []corev1.Volume{{Name: "conf", VolumeSource: corev1.VolumeSource{
				ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "conf"}},
			}}}}}
			s, err := Read(t.Context(), pod, c.container, objects{"conf": {"etcd.yaml": "name: a"}})
			if err != nil {
				t.Fatal(err)
			}
			if s.Fault() != c.want || s.Get("name") != c.name {
				t.Errorf("fault %q, name %q; want %q, %q", s.Fault(), s.Get("name"), c.want, c.name)
			}
		})
	}
	for name, c := range map[string]corev1.Container{
		"another program of the image": {Image: official, Command: []string{"ectdctl", "get", "--listen", "x"}},
		"etcdctl with a server's flag": {Image: official, Command: []string{"etcdctl", "--initial-cluster=a=http://a:2380"}},
		"one string of another":        {Image: "acme/kv:1", Command: []string{"/usr/bin/kv --etcd /etcd --name a"}},
		"a script cut short":           {Image: official, Command: []string{"sh", "-c", "if true; then echo etcd is well"}},
	} {
		if Runs(c) {
			t.Errorf("%s: is taken for an etcd", name)
		}
	}
}
