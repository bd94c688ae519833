package deploy

import (
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// The texts in the place of a Secret's value, as in "kubectl diff" (k8s.io/kubectl/pkg/cmd/diff, Masker).
const (
	hidden       = "***"
	hiddenBefore = "*** (before)"
	hiddenAfter  = "*** (after)"
)

// lastApplied is the annotation in which "kubectl apply" keeps a copy of the object, and so of a Secret's values.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// hideSecrets replaces the values of a Secret in both states, in place, so that only whether they differ is visible. Either
// state may be nil.
func hideSecrets(before, after *unstructured.Unstructured) {
	for _, path := range [][]string{{"data"}, {"stringData"}, {"metadata", "annotations"}} {
		was, is := secretFields(before, path), secretFields(after, path)
		for key, value := range was {
			if path[0] == "metadata" && key != lastApplied {
				continue
			}
			other, both := is[key]
			switch {
			case !both:
				was[key] = hidden
			case reflect.DeepEqual(value, other):
				was[key], is[key] = hidden, hidden
			default:
				was[key], is[key] = hiddenBefore, hiddenAfter
			}
		}
		for key := range is {
			if _, both := was[key]; !both && (path[0] != "metadata" || key == lastApplied) {
				is[key] = hidden
			}
		}
	}
}

// secretFields returns the map at path of a Secret, to be changed in place, or nil. A value there that is not a map is hidden
// as a whole.
func secretFields(o *unstructured.Unstructured, path []string) map[string]any {
	if o == nil || o.GetKind() != "Secret" || o.GroupVersionKind().Group != "" {
		return nil
	}
	found, has, err := unstructured.NestedFieldNoCopy(o.Object, path...)
	if err != nil || !has || found == nil {
		return nil
	}
	fields, ok := found.(map[string]any)
	if !ok {
		_ = unstructured.SetNestedField(o.Object, hidden, path...) // cannot fail: the field was just found in its parent
	}
	return fields
}
