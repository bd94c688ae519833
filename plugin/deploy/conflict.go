package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

// DryRunApply is Apply as a server-side dry run. A conflict is not an error: Change.Conflict has the field managers, and
// Change.After the object with their fields taken over.
func (a Applier) DryRunApply(ctx context.Context, objects []*unstructured.Unstructured) ([]Change, error) {
	a.DryRun = true
	return a.Apply(ctx, objects)
}

// conflictingManagers returns the field managers that an apply conflicts with, or none if err is another error.
func conflictingManagers(err error) []string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	var managers []string
	for _, cause := range status.Status().Details.Causes {
		// The message is: conflict with "MANAGER" using VERSION (apimachinery, managedfields/internal/conflict.go).
		if _, rest, ok := strings.Cut(cause.Message, `"`); ok && cause.Type == metav1.CauseTypeFieldManagerConflict {
			manager, _, _ := strings.Cut(rest, `"`)
			managers = append(managers, manager)
		}
	}
	slices.Sort(managers)
	return slices.Compact(managers)
}

// resolveConflict handles an apply that is in conflict with managers. It takes fields over if only their owner changes: an atomic
// list conflicts even if two managers apply the same manifest, because the live list has the API's defaults in it. The fields
// of a client-side apply are no conflict in a dry run, which cannot migrate them.
func (a Applier) resolveConflict(ctx context.Context, client dynamic.ResourceInterface, c Change, managers []string) (Change, error) {
	name := c.Object.GetName()
	rehearsal := metav1.ApplyOptions{FieldManager: FieldManager, Force: true, DryRun: []string{metav1.DryRunAll}}
	var err error
	if c.After, err = client.Apply(ctx, name, c.Object, rehearsal); err != nil {
		return c, err
	}
	if a.DryRun {
		managers = slices.DeleteFunc(managers, func(m string) bool { return m == clientSideManager })
	}
	switch {
	case !sameContent(c.Before, c.After) && len(managers) > 0:
		if c.Conflict = managers; a.DryRun {
			return c, nil
		}
		return c, c.conflictError()
	case a.DryRun:
		return c, nil
	}
	c.After, err = client.Apply(ctx, name, c.Object, metav1.ApplyOptions{FieldManager: FieldManager, Force: true})
	return c, err
}

// conflictWords is how many changes the error of a conflict lists.
const conflictWords = 8

// conflictError returns the error that names the field managers of the conflict and the values that would change.
func (c Change) conflictError() error {
	words := Words(c)
	if len(words) > conflictWords {
		words = append(words[:conflictWords], "and more")
	}
	return fmt.Errorf("%s: %q set fields that this apply would change: %s", c, strings.Join(c.Conflict, ", "), strings.Join(words, "; "))
}

// Conflicts returns an error with every conflict of a dry run, or nil.
func Conflicts(changes []Change) error {
	var errs []error
	for _, c := range changes {
		if len(c.Conflict) > 0 {
			errs = append(errs, c.conflictError())
		}
	}
	return errors.Join(errs...)
}

// Words returns the changes of an object as text for users: those of a StatefulSet's pod template by argument, resource and
// image, others by field.
func Words(c Change) []string {
	var words []string
	if isStatefulSet(c.Object) {
		words = PodChanges(c)
	}
	for _, f := range Fields(c) {
		if !isStatefulSet(c.Object) || !strings.HasPrefix(f.Path, templatePath) {
			words = append(words, f.String())
		}
	}
	return words
}
