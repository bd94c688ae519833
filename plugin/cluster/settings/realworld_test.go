package settings

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// TestRealWorld reads pods as other projects deploy etcd. One of each pod's containers runs etcd.
func TestRealWorld(t *testing.T) {
	tests := []struct {
		file    string
		want    map[string]string
		from    map[string]string // the source of the file that a flag names, by flag
		unknown []string
	}{
		{
			file: "tutorial",
			want: map[string]string{
				"name": "etcd-1", "listen-client-urls": "http://0.0.0.0:2379", "advertise-client-urls": "http://etcd-1.etcd:2379",
				"initial-advertise-peer-urls": "http://etcd-1:2380", "initial-cluster-token": "etcd-cluster-1", "data-dir": "/var/run/etcd/default.etcd",
				"initial-cluster": "etcd-0=http://etcd-0.etcd:2380,etcd-1=http://etcd-1.etcd:2380,etcd-2=http://etcd-2.etcd:2380",
			},
		},
		{
			// If there is data, the member rejoins with fewer flags than at its first start.
			file: "incubator",
			want: map[string]string{
				"name": "etcd-2", "listen-client-urls": "http://0.0.0.0:2379", "advertise-client-urls": "http://etcd-2.etcd:2379",
				"data-dir": "/var/run/etcd/default.etcd", "initial-cluster": "",
			},
		},
		{
			file: "kubeadm",
			want: map[string]string{
				"name": "control-plane-1", "listen-client-urls": "https://127.0.0.1:2379,https://192.168.0.11:2379",
				"listen-metrics-urls": "http://127.0.0.1:2381", "client-cert-auth": "true",
			},
			from: map[string]string{
				"cert-file":       "/etc/kubernetes/pki/etcd/server.crt on the node",
				"trusted-ca-file": "/etc/kubernetes/pki/etcd/ca.crt on the node",
			},
		},
		{
			file: "bitnami",
			want: map[string]string{
				"name": "kv-etcd-0", "listen-client-urls": "https://0.0.0.0:2379", "client-cert-auth": "true",
				"advertise-client-urls": "https://kv-etcd-0.kv-etcd-headless.kv.svc.cluster.local:2379,https://kv-etcd.kv.svc.cluster.local:2379",
				"initial-cluster-token": "etcd-cluster-k8s",
			},
			from: map[string]string{"cert-file": `key "cert.pem" of secret "kv-client-certs"`},
		},
		{
			file: "etcd-io-operator",
			want: map[string]string{
				"name": "demo-1", "advertise-client-urls": "http://demo-1.demo.kv.svc.cluster.local:2379",
				"initial-cluster-state": "existing", "data-dir": "/var/lib/etcd",
			},
		},
		{
			file: "cozystack-operator",
			want: map[string]string{
				"name": "test-0", "advertise-client-urls": "https://test-0.test-headless.kv.svc:2379", "peer-auto-tls": "true",
				"client-cert-auth": "true", "initial-cluster-token": "test-kv", "initial-cluster": "test-0=https://test-0.test-headless.kv.svc:2380",
			},
			from: map[string]string{
				"cert-file":       `key "tls.crt" of secret "test-server"`,
				"trusted-ca-file": `key "ca.crt" of secret "test-client-ca"`,
			},
		},
		{
			file: "coreos-operator",
			want: map[string]string{"name": "example-7fd2klxtcs", "advertise-client-urls": "https://example-7fd2klxtcs.example.kv.svc:2379"},
			from: map[string]string{
				"cert-file":      `key "server.crt" of secret "etcd-server-tls"`,
				"peer-cert-file": `key "peer.crt" of secret "etcd-peer-tls"`,
			},
		},
		{
			file: "vcluster",
			want: map[string]string{
				"name": "my-vcluster-etcd-0", "advertise-client-urls": "https://my-vcluster-etcd-0.my-vcluster-etcd-headless.team-x:2379",
				"listen-metrics-urls": "http://0.0.0.0:2381",
			},
			from: map[string]string{"cert-file": `key "etcd-server.crt" of secret "my-vcluster-certs"`},
		},
		{
			file:    "karmada",
			want:    map[string]string{"name": "", "listen-client-urls": "", "config-file": ""},
			unknown: []string{`config file /etc/etcd/config/etcd.conf (volume "etcd-config", which is empty at first (an emptyDir))`},
		},
		{
			file: "hypershift",
			want: map[string]string{
				"name": "etcd-2", "listen-client-urls": "https://10.128.0.7:2379,https://localhost:2379",
				"advertise-client-urls": "https://etcd-2.etcd-discovery.clusters-demo.svc:2379", "client-cert-auth": "true",
			},
			from: map[string]string{
				"cert-file":       `key "server.crt" of secret "etcd-server-tls"`,
				"trusted-ca-file": `key "ca.crt" of configmap "etcd-ca"`,
			},
			unknown: []string{`--initial-cluster-state: $(cat /etc/etcd/clusterstate/state) in the script of container "etcd"`},
		},
		{
			file: "openshift",
			want: map[string]string{
				"name": "master-0", "advertise-client-urls": "https://10.0.0.1:2379", "listen-metrics-urls": "https://0.0.0.0:9978",
				"initial-cluster-state": "existing", "log-level": "info",
			},
			from: map[string]string{
				"cert-file": "/etc/kubernetes/static-pod-resources/etcd-certs/secrets/etcd-all-certs/etcd-serving-master-0.crt on the node",
			},
			unknown: []string{`--initial-cluster: $(discover-etcd-initial-cluster \ --cacert=/etc/kubernetes/s… in the script of container "etcd"`},
		},
		{
			file: "etcd-druid",
			want: map[string]string{
				"name": "etcd-main-1", "listen-client-urls": "https://0.0.0.0:2379", "client-cert-auth": "true", "auto-tls": "false",
				"advertise-client-urls":       "https://etcd-main-1.etcd-main-peer.shoot--demo--one.svc:2379",
				"initial-advertise-peer-urls": "http://etcd-main-1.etcd-main-peer.shoot--demo--one.svc:2380",
				"quota-backend-bytes":         "8589934592",
			},
			from: map[string]string{
				"cert-file":       `key "tls.crt" of secret "etcd-server"`,
				"trusted-ca-file": `key "bundle.crt" of secret "ca-etcd"`,
			},
		},
		{
			file: "scripts",
			want: map[string]string{
				"name": "from-the-file", "listen-client-urls": "https://0.0.0.0:12379", "advertise-client-urls": "https://etcd.example:12379",
				"quota-backend-bytes": "2147483648", "peer-client-cert-auth": "true", "peer-trusted-ca-file": "/conf/ca.crt", "cipher-suites": "TLS_A,TLS_B",
			},
			from: map[string]string{"cert-file": `key "tls.crt" of secret "etcd-tls"`},
		},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			pod, have := load(t, filepath.Join("testdata", test.file+".yaml"))
			check(t, pod, have, test.want, test.from, test.unknown)
		})
	}
}

// TestOwnManifests reads the pods that this project deploys.
func TestOwnManifests(t *testing.T) {
	var set appsv1.StatefulSet
	decode(t, "../../../base/statefulset.yaml", &set)
	pod := &corev1.Pod{ObjectMeta: set.Spec.Template.ObjectMeta, Spec: set.Spec.Template.Spec}
	pod.Name, pod.Namespace = "etcd-0", "ns"
	want := map[string]string{
		"name": "etcd-0", "advertise-client-urls": "http://etcd-0.etcd.ns.svc:2379", "initial-cluster-token": "ns/etcd",
		"initial-cluster": "sealed=http://sealed.invalid:2380", "initial-cluster-state": "existing",
	}
	have := objects{
		"etcd-bootstrap": {"ETCD_INITIAL_CLUSTER": "etcd-0=http://etcd-0.etcd:2380", "ETCD_INITIAL_CLUSTER_STATE": "new"},
		"etcd-seal":      {"ETCD_INITIAL_CLUSTER": "sealed=http://sealed.invalid:2380", "ETCD_INITIAL_CLUSTER_STATE": "existing"},
	}
	check(t, pod, have, want, nil, nil)
}

func check(t *testing.T, pod *corev1.Pod, have objects, want, from map[string]string, unknown []string) {
	t.Helper()
	for _, c := range pod.Spec.Containers {
		if Runs(c) != (c.Name == "etcd") {
			t.Errorf("Runs(container %q) is %v", c.Name, Runs(c))
		}
		if c.Name != "etcd" {
			continue
		}
		s, err := Read(t.Context(), pod, c, have)
		if err != nil {
			t.Fatal(err)
		}
		for flag, value := range want {
			if got := s.Get(flag); got != value {
				t.Errorf("--%s is %q, want %q", flag, got, value)
			}
		}
		for flag, text := range from {
			if got := Locate(pod.Spec, c, s.Get(flag)).Text; got != text {
				t.Errorf("the file of --%s is %s, want %s", flag, got, text)
			}
		}
		if diff := cmp.Diff(unknown, s.Unknown()); diff != "" {
			t.Errorf("unknown (-want +got)\n%s", diff)
		}
	}
}

// load reads a file with a pod and the ConfigMaps that it uses.
func load(tb testing.TB, file string) (*corev1.Pod, objects) {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	documents := bytes.Split(text, []byte("\n---\n"))
	pod, have := &corev1.Pod{}, objects{}
	if err := yaml.UnmarshalStrict(documents[0], pod); err != nil {
		tb.Fatal(err)
	}
	for _, d := range documents[1:] {
		var cm corev1.ConfigMap
		if err := yaml.UnmarshalStrict(d, &cm); err != nil {
			tb.Fatal(err)
		}
		have[cm.Name] = cm.Data
	}
	return pod, have
}

func decode(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatal(err)
	}
}
