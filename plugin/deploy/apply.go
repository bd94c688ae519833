// Package deploy changes a cluster's objects in Kubernetes: it applies manifests, writes the seal and the Secrets, holds the
// operation's Lease and deletes objects. It does not use etcd's client.
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

// FieldManager is the field manager of the manifests' fields, SealFieldManager that of the seal's data. The latter's name must
// not begin with "kubectl": Flux takes over the fields of such managers, and its next apply, which has no data for the seal,
// would remove the data (docs/gitops.md).
const (
	FieldManager     = "kubectl-etcd"
	SealFieldManager = "etcd.kubectl.dev/seal"
)

// clientSideManager is the field manager of "kubectl apply" without --server-side.
const clientSideManager = "kubectl-client-side-apply"

// Verb is what an apply did to an object, as kubectl prints it.
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
	Before *unstructured.Unstructured // nil if the object did not exist
	After  *unstructured.Unstructured // as the API server returned it
	Verb   Verb
	// Conflict has the field managers that own fields with other values. It is set by a dry run only; After then shows the
	// object with those fields taken over.
	Conflict []string
}

// String names the object as kubectl does: statefulset.apps/etcd.
func (c Change) String() string { return objectName(c.Object) }

// Applier applies manifests by server-side apply.
type Applier struct {
	Client         dynamic.Interface
	DryRun         bool // server-side dry run: nothing is changed
	ForceConflicts bool // take over fields that another field manager set to other values
}

// Apply applies the objects in their order. If one fails, it returns the error and the changes that were made before it.
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
		// A StorageClass belongs to the cluster's administrator. A user who may not get StorageClasses can still use one.
		return Change{Object: object, Verb: Skipped}, nil
	case err != nil:
		return Change{}, err
	case isClusterWide(object):
		// It is shared by every etcd of the Kubernetes cluster, and its parameters are immutable: an existing one is not changed.
		return Change{Object: object, Before: before, After: before, Verb: Skipped}, nil
	}
	if before != nil {
		if err := a.migrateFields(ctx, client, before); err != nil {
			return Change{}, err
		}
	}
	change := Change{Object: object, Before: before}
	change.After, err = client.Apply(ctx, object.GetName(), object, a.options())
	if managers := conflictingManagers(err); len(managers) > 0 && before != nil {
		change, err = a.resolveConflict(ctx, client, change, managers)
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

// migrateFields moves the fields of a client-side apply to FieldManager. Otherwise a field that the manifests no longer have
// would stay forever, because a field manager that is no longer used would still own it.
func (a Applier) migrateFields(ctx context.Context, client dynamic.ResourceInterface, before *unstructured.Unstructured) error {
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

// Condition returns text for users: the message of the object's first condition that is not True, that there is none, or the
// error of reading the object.
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
	return "its controller has not set a condition yet"
}

func (a Applier) resource(object *unstructured.Unstructured) dynamic.ResourceInterface {
	// The resource of every kind in the manifests is the kind's regular plural, so no discovery is needed.
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

// sameContent compares two objects without the fields that the API server maintains.
func sameContent(a, b *unstructured.Unstructured) bool {
	one, errOne := json.Marshal(withoutServerFields(a).Object)
	two, errTwo := json.Marshal(withoutServerFields(b).Object)
	return errOne == nil && errTwo == nil && string(one) == string(two)
}

// Visible returns a copy to show to users: without the fields that the API server maintains, and with the values of a Secret
// hidden.
func Visible(object *unstructured.Unstructured) *unstructured.Unstructured {
	shown := withoutServerFields(object)
	hideSecrets(shown, nil)
	return shown
}

// withoutServerFields returns a copy without the fields that the API server maintains, nil for nil. The values of a Secret are
// in it: the copy is for comparing, not for showing.
func withoutServerFields(object *unstructured.Unstructured) *unstructured.Unstructured {
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
