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
