package deploy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func object(version string, generation int64) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apps/v1", "kind": "StatefulSet",
		"metadata": map[string]any{
			"name": "etcd", "namespace": "ns", "generation": generation, "resourceVersion": "7", "uid": "u",
			"managedFields": []any{map[string]any{"manager": "kubectl-client-side-apply"}},
		},
		"spec":   map[string]any{"image": version},
		"status": map[string]any{"replicas": generation},
	}}
}

func TestVerb(t *testing.T) {
	for name, c := range map[string]struct {
		before, after *unstructured.Unstructured
		want          Verb
	}{
		"new":                      {nil, object("a", 1), Created},
		"the same":                 {object("a", 1), object("a", 1), Unchanged},
		"the server's bookkeeping": {object("a", 1), object("a", 2), Unchanged},
		"another image":            {object("a", 1), object("b", 1), Configured},
	} {
		if got := verb(c.before, c.after); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestDiff(t *testing.T) {
	changes := []Change{
		{Object: object("a", 1), Before: object("a", 1), After: object("a", 2), Verb: Unchanged},
		{Object: object("b", 1), Before: object("a", 1), After: object("b", 2), Verb: Configured},
	}
	got, err := Diff(changes)
	if err != nil {
		t.Fatal(err)
	}
	want := `--- live/statefulset.apps/etcd
+++ up/statefulset.apps/etcd
@@ -4,4 +4,4 @@
   name: etcd
   namespace: ns
 spec:
-  image: a
+  image: b
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got, err = Diff([]Change{{Object: object("a", 1), After: object("a", 1), Verb: Created}})
	if err != nil || !strings.Contains(got, "+  image: a") {
		t.Errorf("a new object: %v\n%s", err, got)
	}
}

func TestObjectName(t *testing.T) {
	for kind, want := range map[[2]string]string{
		{"v1", "Service"}:                     "service/x",
		{"apps/v1", "StatefulSet"}:            "statefulset.apps/x",
		{"policy/v1", "PodDisruptionBudget"}:  "poddisruptionbudget.policy/x",
		{"storage.k8s.io/v1", "StorageClass"}: "storageclass.storage.k8s.io/x",
	} {
		o := &unstructured.Unstructured{}
		o.SetAPIVersion(kind[0])
		o.SetKind(kind[1])
		o.SetName("x")
		if got := objectName(o); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
