package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestEtcdctl(t *testing.T) {
	probe := func(words ...string) corev1.Container {
		return corev1.Container{ReadinessProbe: &corev1.Probe{
			ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: words}},
		}}
	}
	tests := []struct {
		name string
		c    corev1.Container
		env  map[string]string
		want [3]string // cacert, cert, key
	}{
		{"nothing", corev1.Container{}, nil, [3]string{}},
		{
			"variables",
			corev1.Container{},
			map[string]string{"ETCDCTL_CACERT": "/ca", "ETCDCTL_CERT": "/cert", "ETCDCTL_KEY": "/key"},
			[3]string{"/ca", "/cert", "/key"},
		},
		{
			"a probe", probe("/usr/local/bin/etcdctl", "--cacert=/ca", "--cert", "/cert", "--key=/key", "endpoint", "health"), nil,
			[3]string{"/ca", "/cert", "/key"},
		},
		{
			"a probe with a script", probe("/bin/sh", "-ec", "ETCDCTL_API=3 etcdctl --cacert=\"$CA\" \\\n --cert '/cert' --key=${KEY} get foo"),
			map[string]string{"CA": "/ca", "KEY": "/key"},
			[3]string{"/ca", "/cert", "/key"},
		},
		{"variables before a probe", probe("etcdctl", "--cert=/probe"), map[string]string{"ETCDCTL_CERT": "/env"}, [3]string{"", "/env", ""}},
		{"another program's flags", probe("curl", "--cert", "/cert"), nil, [3]string{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := Settings{env: test.env}
			got := [3]string{s.Etcdctl(test.c, "cacert"), s.Etcdctl(test.c, "cert"), s.Etcdctl(test.c, "key")}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
