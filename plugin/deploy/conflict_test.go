package deploy

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"
)

// server has one StatefulSet. managers own fields of it to which an apply sets other values.
type server struct {
	live     *unstructured.Unstructured
	managers []string
	applied  []metav1.PatchOptions // not in a dry run
}

func (s *server) applier(dryRun bool) Applier {
	client := fake.NewSimpleDynamicClient(runtime.NewScheme(), s.live)
	client.PrependReactor("patch", "statefulsets", func(action clienttesting.Action) (bool, runtime.Object, error) {
		patch := action.(clienttesting.PatchActionImpl)
		if len(s.managers) > 0 && (patch.PatchOptions.Force == nil || !*patch.PatchOptions.Force) {
			return true, nil, conflictWith(s.managers...)
		}
		after := &unstructured.Unstructured{}
		if err := after.UnmarshalJSON(patch.GetPatch()); err != nil {
			return true, nil, err
		}
		if len(patch.PatchOptions.DryRun) == 0 {
			s.applied = append(s.applied, patch.PatchOptions)
		}
		return true, after, nil
	})
	return Applier{Client: client, DryRun: dryRun}
}

func conflictWith(managers ...string) error {
	err := apierrors.NewApplyConflict(nil, "Apply failed")
	for _, m := range managers {
		err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{
			Type: metav1.CauseTypeFieldManagerConflict, Message: fmt.Sprintf("conflict with %q using apps/v1", m), Field: ".spec",
		})
	}
	return err
}

// bare returns the object without managed fields, so that nothing is migrated.
func bare(o *unstructured.Unstructured) *unstructured.Unstructured {
	o.SetManagedFields(nil)
	return o
}

func TestConflicts(t *testing.T) {
	const edited = `statefulset.apps/etcd: "kubectl-edit" set fields that this apply would change: --quota-backend-bytes 4 GiB -> 2 GiB`
	quota := args("--quota-backend-bytes=4294967296")
	for name, c := range map[string]struct {
		live     func(etcd, template map[string]any)
		managers []string
		dryRun   bool
		conflict []string // of the dry run
		err      string   // of an apply that is no dry run
		applied  int
	}{
		"none":                             {live: quota, applied: 1},
		"another manager's, dry run":       {live: quota, managers: []string{"kubectl-edit"}, dryRun: true, conflict: []string{"kubectl-edit"}},
		"another manager's":                {live: quota, managers: []string{"kubectl-edit"}, err: edited},
		"a client-side apply's, dry run":   {live: quota, managers: []string{clientSideManager}, dryRun: true},
		"both, dry run":                    {live: quota, managers: []string{clientSideManager, "kubectl-edit"}, dryRun: true, conflict: []string{"kubectl-edit"}},
		"the values are the same":          {managers: []string{"flux"}, applied: 1},
		"the values are the same, dry run": {managers: []string{"flux"}, dryRun: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{live: bare(set(c.live)), managers: c.managers}
			changes, err := s.applier(c.dryRun).Apply(t.Context(), []*unstructured.Unstructured{bare(set(nil))})
			if c.err != "" {
				if err == nil || !strings.HasSuffix(err.Error(), c.err) {
					t.Errorf("it says %v", err)
				}
			} else if err != nil || len(changes) != 1 {
				t.Fatalf("%d changes, %v", len(changes), err)
			} else if diff := cmp.Diff(c.conflict, changes[0].Conflict); diff != "" {
				t.Error(diff)
			}
			if err := Conflicts(changes); (err != nil) != (c.conflict != nil) {
				t.Errorf("the rehearsal's error is %v", err)
			}
			if len(s.applied) != c.applied {
				t.Errorf("applied %d times in earnest", len(s.applied))
			}
		})
	}
}

// An error that is no conflict of field managers must not lead to a forced apply.
func TestConflictingManagers(t *testing.T) {
	for _, err := range []error{nil, errors.New("x"), apierrors.NewConflict(schema.GroupResource{Resource: "statefulsets"}, "etcd", errors.New("modified"))} {
		if got := conflictingManagers(err); got != nil {
			t.Errorf("%v: %q", err, got)
		}
	}
	if diff := cmp.Diff([]string{"a", "b"}, conflictingManagers(fmt.Errorf("apply: %w", conflictWith("b", "a", "b")))); diff != "" {
		t.Error(diff)
	}
}

func TestFields(t *testing.T) {
	was, is := bare(set(nil)), bare(set(args("--quota-backend-bytes=4294967296")))
	is.SetLabels(map[string]string{"a/b": "c"})
	want := []Field{
		{"/metadata/labels", nil, map[string]any{"a/b": "c"}},
		{"/spec/template/spec/containers/0/args/1", "--quota-backend-bytes=2147483648", "--quota-backend-bytes=4294967296"},
	}
	if diff := cmp.Diff(want, Fields(Change{Object: is, Before: was, After: is})); diff != "" {
		t.Error(diff)
	}
	secret := func(value string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "s"}, "data": map[string]any{"k": value}}}
	}
	hiddenOnly := []Field{{"/data/k", hiddenBefore, hiddenAfter}}
	if diff := cmp.Diff(hiddenOnly, Fields(Change{Object: secret("b"), Before: secret("a"), After: secret("b")})); diff != "" {
		t.Error(diff)
	}
	if got := Words(Change{Object: is, Before: was, After: is}); !cmp.Equal(got, []string{"--quota-backend-bytes 2 GiB -> 4 GiB", `/metadata/labels added ({"a/b":"c"})`}) {
		t.Errorf("in words: %q", got)
	}
}
