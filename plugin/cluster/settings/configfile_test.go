package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestParseConfig: parseConfig returns a config file's keys as flags.
func TestParseConfig(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want map[string]string
	}{
		"values": {
			"name: a\nquota-backend-bytes: 2147483648\nclient-cert-auth: true\nlog-outputs: [stderr, /log]\ninitial-cluster-token:",
			map[string]string{"name": "a", "quota-backend-bytes": "2147483648", "client-cert-auth": "true", "log-outputs": "stderr,/log", "initial-cluster-token": ""},
		},
		"TLS": {
			"client-transport-security: {cert-file: /c, allowed-cn: a, allowed-hostname: b}\npeer-transport-security: {cert-file: /p, allowed-cn: c, allowed-hostname: d}",
			map[string]string{
				"cert-file": "/c", "client-cert-allowed-cn": "a", "client-cert-allowed-hostname": "b",
				"peer-cert-file": "/p", "peer-cert-allowed-cn": "c", "peer-cert-allowed-hostname": "d",
			},
		},
		"by pod": {
			"advertise-client-urls: {etcd-0: [http://a, http://b], etcd-1: [http://c]}\nother: {etcd-1: x}",
			map[string]string{"advertise-client-urls": "http://a,http://b"},
		},
		"nothing": {"", map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, why := parseConfig(c.text, "etcd-0")
			if diff := cmp.Diff(c.want, got); diff != "" || why != "" {
				t.Errorf("%s: -want +got:\n%s", why, diff)
			}
		})
	}
	if flags, why := parseConfig("\tx", "etcd-0"); flags != nil || why == "" {
		t.Errorf("what is no YAML gives %v", flags)
	}
}

// TestWrapperConfig: the settings of etcd-druid's wrapper come from the pod's ConfigMap that contains a config file.
func TestWrapperConfig(t *testing.T) {
	configMap := func(name string) corev1.Volume {
		return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}}}
	}
	have := objects{"denied": nil, "other": {"x": "y"}, "ruin": {"etcd.conf.yaml": "\tx"}, "conf": {"etcd.conf.yaml": "data-dir: /d"}}
	for name, c := range map[string]struct {
		volumes       []corev1.Volume
		name, dataDir string
		known         bool
	}{
		"alone":                 {[]corev1.Volume{configMap("conf")}, "etcd-0", "/d", true},
		"behind other volumes":  {[]corev1.Volume{{Name: "work"}, configMap("denied"), configMap("gone"), configMap("other"), configMap("ruin"), configMap("conf")}, "etcd-0", "/d", true},
		"before other volumes":  {[]corev1.Volume{configMap("conf"), configMap("denied"), configMap("other"), configMap("ruin"), {Name: "work"}}, "etcd-0", "/d", true},
		"in none of the others": {[]corev1.Volume{{Name: "work"}, configMap("denied"), configMap("ruin")}, "", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "etcd-0"}, Spec: corev1.PodSpec{Volumes: c.volumes}}
			s, err := Read(t.Context(), pod, corev1.Container{Image: "europe-docker.pkg.dev/gardener/etcd-wrapper:v0.7.1", Args: []string{"start-etcd"}}, have)
			if err != nil {
				t.Fatal(err)
			}
			if s.Get("name") != c.name || s.Get("data-dir") != c.dataDir || (len(s.Unknown()) == 0) != c.known {
				t.Errorf("name %q, data directory %q, unknown %q", s.Get("name"), s.Get("data-dir"), s.Unknown())
			}
		})
	}
}
