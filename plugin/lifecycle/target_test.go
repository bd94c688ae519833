package lifecycle

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// sealOf returns the ConfigMap of a cluster's seal, which "down" leaves together with the data.
func sealOf(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Name: name + "-seal", Namespace: "ns",
		Labels: map[string]string{cluster.LabelName: "etcd", cluster.LabelInstance: name, cluster.LabelComponent: cluster.ComponentSeal},
	}}
}

// running returns the objects of a cluster that runs.
func running(name string) []runtime.Object {
	set, pod := PendingCluster(name)
	return []runtime.Object{set, pod}
}

// TestResolve: a cluster that "down" removed counts like one that runs, because "up" would bring back its data.
func TestResolve(t *testing.T) {
	for name, c := range map[string]struct {
		objects         []runtime.Object
		typed, fallback string
		want, fails     string
	}{
		"the only one":                        {objects: running("kv"), fallback: "etcd", want: "kv"},
		"the only one, which has a seal":      {objects: append(running("kv"), sealOf("kv")), fallback: "etcd", want: "kv"},
		"the only one, whose data is left":    {objects: []runtime.Object{sealOf("kv")}, fallback: "etcd", want: "kv"},
		"two":                                 {objects: append(running("kv"), running("other")...), fallback: "etcd", fails: `namespace "ns" has several etcd clusters: kv, other (choose one of them, with --etcd if the command has no argument NAME)`},
		"one, and another one's data is left": {objects: append(running("kv"), sealOf("before")), fails: `namespace "ns" has several etcd clusters: before, kv (choose one of them, with --etcd if the command has no argument NAME)`},
		"none":                                {fallback: "etcd", want: "etcd"},
		"none, and no default":                {fails: `no etcd cluster in namespace "ns" (bring one up with "kubectl etcd up -n ns", or find one with "kubectl etcd list -A")`},
		"a name":                              {objects: append(running("kv"), running("other")...), typed: "other", want: "other"},
		"a name that does not exist yet":      {objects: running("kv"), typed: "other", want: "other"},
		"a kind and a name":                   {typed: "statefulset/kv", want: "kv"},
		"another kind":                        {typed: "deployment/kv", fails: `"deployment/kv" is not a StatefulSet, but every cluster of these manifests is one`},
	} {
		t.Run(name, func(t *testing.T) {
			env := Env{Kube: fake.NewClientset(c.objects...), Target: cluster.Target{Namespace: "ns", Name: c.typed}}
			got, err := env.Resolve(t.Context(), c.fallback)
			fails := ""
			if err != nil {
				fails = err.Error()
			}
			if diff := cmp.Diff([]string{c.want, c.fails}, []string{got.Target.Name, fails}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestResolveNeedsEveryAnswer: a cluster that the API server does not show could be the one that the user means.
func TestResolveNeedsEveryAnswer(t *testing.T) {
	for _, resource := range []string{"statefulsets", "configmaps"} {
		kube := fake.NewClientset(running("kv")...)
		broken := errors.New("connection refused")
		kube.PrependReactor("list", resource, func(k8stesting.Action) (bool, runtime.Object, error) { return true, nil, broken })
		env, err := Env{Kube: kube, Target: cluster.Target{Namespace: "ns"}}.Resolve(t.Context(), "etcd")
		if !errors.Is(err, broken) {
			t.Errorf("without %s: %q, %v", resource, env.Target.Name, err)
		}
	}
}
