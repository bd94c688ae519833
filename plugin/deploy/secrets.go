package deploy

import (
	"reflect"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// What stands in the place of a Secret's value: the words of "kubectl diff" (k8s.io/kubectl/pkg/cmd/diff, Masker).
const (
	hidden       = "***"
	hiddenBefore = "*** (before)"
	hiddenAfter  = "*** (after)"
)

// lastApplied is where "kubectl apply" keeps the whole object: of a Secret that is its content once more.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// hideSecrets replaces the values of a Secret in both of its states, either of which may be nil, and tells no more of
// them than whether they differ. It changes what it is given.
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

// secretFields returns the map at path of a Secret, to be changed in place, or nil. What stands there instead of a map is
// hidden whole.
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
		_ = unstructured.SetNestedField(o.Object, hidden, path...) // what holds it is a map: it was just found there
	}
	return fields
}
