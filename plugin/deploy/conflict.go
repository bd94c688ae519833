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

// Rehearse asks the API server what an apply would do, and changes nothing. A conflict is no error here: its change says
// who has set fields otherwise, and what taking them over would do.
func (a Applier) Rehearse(ctx context.Context, objects []*unstructured.Unstructured) ([]Change, error) {
	a.DryRun = true
	return a.Apply(ctx, objects)
}

// conflicting returns the field managers that an apply is in conflict with, or none where it failed for another reason.
func conflicting(err error) []string {
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

// settle decides about an apply in conflict. It takes fields over where that changes nothing but who owns them: lists that
// are owned as a whole conflict with themselves where two managers apply the same manifest, as the live one has the API's
// defaults in it. The fields of a client-side apply are ours, though a rehearsal cannot hand them over.
func (a Applier) settle(ctx context.Context, client dynamic.ResourceInterface, c Change, managers []string) (Change, error) {
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

// conflictWords bounds how much of a change a conflict tells.
const conflictWords = 8

// conflictError says who has set fields otherwise, and what would be undone.
func (c Change) conflictError() error {
	words := Words(c)
	if len(words) > conflictWords {
		words = append(words[:conflictWords], "and more")
	}
	return fmt.Errorf("%s: fields were set by %q, and this would change them: %s", c, strings.Join(c.Conflict, ", "), strings.Join(words, "; "))
}

// Conflicts returns an error that has every conflict of a rehearsal, or nil.
func Conflicts(changes []Change) error {
	var errs []error
	for _, c := range changes {
		if len(c.Conflict) > 0 {
			errs = append(errs, c.conflictError())
		}
	}
	return errors.Join(errs...)
}

// Words says what changes in an object, for people: in a StatefulSet's pods by argument, resource and image, elsewhere by
// field.
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
