package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// TestCommand: the command repeats the flags that found the cluster, so that it finds the same one.
func TestCommand(t *testing.T) {
	for want, asked := range map[string]Target{
		"kubectl etcd status --etcd etcd -n ns": {},
		"kubectl etcd status --etcd etcd -n ns --selector 'app=etcd,x in (a, b)' --container main --client-port 4001": {Selector: "app=etcd,x in (a, b)", Container: "main", ClientPort: 4001},
		"kubectl etcd status --etcd etcd -n ns --context prod":                                                        {KubectlFlags: " --context prod"},
	} {
		c := &Cluster{Name: "etcd", Namespace: "ns", Target: asked}
		if diff := cmp.Diff(want, c.Command("status")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// TestNoneRuns: the error has the command that restores the members, with their number if the settings show it.
func TestNoneRuns(t *testing.T) {
	few, one, unknown, ours := setOf("few", 0, "etcd"), setOf("one", 0, "etcd"), setOf("unknown", 0, "etcd"), setOf("ours", 0, "etcd")
	few.Spec.Template.Spec.Containers[0].Args = []string{"--initial-cluster=few-0=http://few-0:2380,few-1=http://few-1:2380"}
	unknown.Spec.Template.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "ETCD_INITIAL_CLUSTER", ValueFrom: &corev1.EnvVarSource{
		SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "s"}, Key: "k"},
	}}}
	from := func(name string) corev1.EnvFromSource {
		return corev1.EnvFromSource{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}}
	}
	ours.Spec.Template.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{from("ours-bootstrap"), from("ours-seal")}
	config := func(name, list string) *corev1.ConfigMap {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"}, Data: map[string]string{"ETCD_INITIAL_CLUSTER": list}}
	}
	kube := fake.NewClientset(few, one, unknown, ours, setOf("waiting", 3, "etcd"), config("ours-bootstrap", "a=b,c=d,e=f"), config("ours-seal", "sealed=x"))
	scaled := func(name, n string) string {
		return `etcd cluster ns/` + name + ` is scaled to 0: it has no members (bring them back with "kubectl scale statefulset ` + name + ` -n ns --replicas=` + n + `")`
	}
	for name, want := range map[string]string{
		"few":     scaled("few", "2"),
		"one":     scaled("one", "1"),
		"unknown": scaled("unknown", "N, the former number of members"),
		"ours":    scaled("ours", "3"),
		"waiting": `no member of etcd cluster ns/waiting runs: waiting-0: pod does not exist (see "kubectl etcd status --etcd waiting -n ns")`,
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Find(t.Context(), kube, Target{Namespace: "ns", Name: name})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, c.NoRunningMemberError().Error()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
