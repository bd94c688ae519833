// Package deploy asks and orders Kubernetes: apply, look at pods, seal, delete. It knows nothing of etcd's clients.
package deploy

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/csaupgrade"
)

// FieldManager owns the fields that the manifests set; the seal's data has a manager of its own. That one's name must not
// begin with "kubectl": Flux takes over what such managers have applied, and with its next apply, which has no data for the
// seal, the data would be gone (docs/gitops.md).
const (
	FieldManager     = "kubectl-etcd"
	SealFieldManager = "etcd.kubectl.dev/seal"
)

// clientSideManager is the name under which "kubectl apply" without --server-side records its fields.
const clientSideManager = "kubectl-client-side-apply"

// Verb says what an apply did to an object, in kubectl's words.
type Verb string

// The verbs.
const (
	Created    Verb = "created"
	Configured Verb = "configured"
	Unchanged  Verb = "unchanged"
	Skipped    Verb = "left as it is"
)

// Change is what an apply did, or would do, to one object.
type Change struct {
	Object *unstructured.Unstructured // as applied
	Before *unstructured.Unstructured // nil where there was none
	After  *unstructured.Unstructured // as the server answered
	Verb   Verb
	// Conflict has the field managers that have set fields otherwise, in a rehearsal: After has those fields taken over.
	Conflict []string
}

// String names the object as kubectl does: statefulset.apps/etcd.
func (c Change) String() string { return objectName(c.Object) }

// Applier applies manifests by server-side apply.
type Applier struct {
	Client         dynamic.Interface
	DryRun         bool // ask the server, change nothing
	ForceConflicts bool // take over fields that another manager has set otherwise
}

// Apply applies the objects in their order. What was done before an error stays done, and is returned with it.
func (a Applier) Apply(ctx context.Context, objects []*unstructured.Unstructured) ([]Change, error) {
	var changes []Change
	for _, object := range objects {
		change, err := a.applyOne(ctx, object)
		if err != nil {
			return changes, fmt.Errorf("apply %s: %w", objectName(object), err)
		}
		changes = append(changes, change)
	}
	return changes, nil
}

func (a Applier) applyOne(ctx context.Context, object *unstructured.Unstructured) (Change, error) {
	client := a.resource(object)
	before, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		before = nil
	case isClusterWide(object) && apierrors.IsForbidden(err):
		// A StorageClass is the cluster administrator's. Who may not even look can still use it.
		return Change{Object: object, Verb: Skipped}, nil
	case err != nil:
		return Change{}, err
	case isClusterWide(object):
		// Shared by every etcd in the cluster, and its parameters are immutable: never changed once it is there.
		return Change{Object: object, Before: before, After: before, Verb: Skipped}, nil
	}
	if before != nil {
		if err := a.migrate(ctx, client, before); err != nil {
			return Change{}, err
		}
	}
	change := Change{Object: object, Before: before}
	change.After, err = client.Apply(ctx, object.GetName(), object, a.options())
	if managers := conflicting(err); len(managers) > 0 && before != nil {
		change, err = a.settle(ctx, client, change, managers)
	}
	if err != nil {
		return Change{}, err
	}
	change.Verb = verb(before, change.After)
	return change, nil
}

func (a Applier) options() metav1.ApplyOptions {
	options := metav1.ApplyOptions{FieldManager: FieldManager, Force: a.ForceConflicts}
	if a.DryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return options
}

// migrate hands the fields that a client-side apply owns over to our manager. Else a field dropped from the manifests
// would stay forever, owned by a manager that nobody uses any more.
func (a Applier) migrate(ctx context.Context, client dynamic.ResourceInterface, before *unstructured.Unstructured) error {
	if a.DryRun {
		return nil
	}
	patch, err := csaupgrade.UpgradeManagedFieldsPatch(before, sets.New(clientSideManager), FieldManager)
	if err != nil || len(patch) == 0 {
		return err
	}
	_, err = client.Patch(ctx, before.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("take over the fields of %q: %w", clientSideManager, err)
	}
	return nil
}

// Condition returns what an object's controller last said of it that is not well, for people.
func (a Applier) Condition(ctx context.Context, object *unstructured.Unstructured) string {
	live, err := a.resource(object).Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil {
		return err.Error()
	}
	conditions, _, _ := unstructured.NestedSlice(live.Object, "status", "conditions")
	for _, c := range conditions {
		fields, _ := c.(map[string]any)
		if fields["status"] != "True" && fields["message"] != nil {
			return fmt.Sprint(fields["message"])
		}
	}
	return "its controller has said nothing of it yet"
}

func (a Applier) resource(object *unstructured.Unstructured) dynamic.ResourceInterface {
	// Every kind that the manifests have follows the rule by which kinds become resources, so no discovery is needed.
	resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
	if isClusterWide(object) {
		return a.Client.Resource(resource)
	}
	return a.Client.Resource(resource).Namespace(object.GetNamespace())
}

func isClusterWide(object *unstructured.Unstructured) bool { return object.GetNamespace() == "" }

func verb(before, after *unstructured.Unstructured) Verb {
	switch {
	case before == nil:
		return Created
	case sameContent(before, after):
		return Unchanged
	}
	return Configured
}

// sameContent compares what a user set: bookkeeping of the server may change without any effect.
func sameContent(a, b *unstructured.Unstructured) bool {
	one, errOne := json.Marshal(content(a).Object)
	two, errTwo := json.Marshal(content(b).Object)
	return errOne == nil && errTwo == nil && string(one) == string(two)
}

// Visible returns a copy for people: without the server's bookkeeping, and without what a Secret holds.
func Visible(object *unstructured.Unstructured) *unstructured.Unstructured {
	shown := content(object)
	hideSecrets(shown, nil)
	return shown
}

// content returns a copy without the server's bookkeeping. Of a Secret it has everything: it is to be compared, not to
// be shown.
func content(object *unstructured.Unstructured) *unstructured.Unstructured {
	if object == nil {
		return nil
	}
	shown := object.DeepCopy()
	shown.SetManagedFields(nil)
	for _, field := range []string{"resourceVersion", "generation", "uid", "creationTimestamp"} {
		unstructured.RemoveNestedField(shown.Object, "metadata", field)
	}
	unstructured.RemoveNestedField(shown.Object, "status")
	return shown
}

func objectName(object *unstructured.Unstructured) string {
	_, singular := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
	return singular.GroupResource().String() + "/" + object.GetName()
}
