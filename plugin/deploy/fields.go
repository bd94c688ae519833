package deploy

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Field is a field that differs. Before or After is nil if the field is not in that state of the object.
type Field struct {
	Path          string // a JSON pointer (RFC 6901)
	Before, After any
}

// String returns the path and the change of the value.
func (f Field) String() string { return f.Path + " " + changed(textOf(f.Before), textOf(f.After)) }

// Fields returns the fields that differ between c.Before and c.After, without those that the API server maintains. The values
// of a Secret are hidden.
func Fields(c Change) []Field {
	was, is := withoutServerFields(c.Before), withoutServerFields(c.After)
	hideSecrets(was, is)
	return fieldsBetween("", tree(was), tree(is))
}

// tree returns the object's content, or nil.
func tree(o *unstructured.Unstructured) any {
	if o == nil {
		return nil
	}
	return o.Object
}

// fieldsBetween compares maps by key, and lists of the same length by index. Other values are compared as a whole.
func fieldsBetween(path string, a, b any) []Field {
	if reflect.DeepEqual(a, b) {
		return nil
	}
	if x, y, ok := both[map[string]any](a, b); ok {
		var found []Field
		all := maps.Clone(x)
		maps.Copy(all, y)
		for _, key := range slices.Sorted(maps.Keys(all)) {
			found = append(found, fieldsBetween(path+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key), x[key], y[key])...)
		}
		return found
	}
	if x, y, ok := both[[]any](a, b); ok && len(x) == len(y) {
		var found []Field
		for i := range x {
			found = append(found, fieldsBetween(path+"/"+strconv.Itoa(i), x[i], y[i])...)
		}
		return found
	}
	return []Field{{path, a, b}}
}

func both[T any](a, b any) (T, T, bool) {
	x, okX := a.(T)
	y, okY := b.(T)
	return x, y, okX && okY
}

// textOf returns a value as JSON, a string without quotes, and "" for nil.
func textOf(value any) string {
	if text, ok := value.(string); ok || value == nil {
		return text
	}
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(data)
}

// changed describes the change of a value; "" is a value that is not set.
func changed(was, is string) string {
	switch {
	case was == "" && is == "":
		return "changed"
	case was == "":
		return "added (" + short(is) + ")"
	case is == "":
		return "removed (was " + short(was) + ")"
	}
	return short(was) + " -> " + short(is)
}

// maxValue is how many characters of a value are shown.
const maxValue = 100

func short(text string) string {
	if runes := []rune(text); len(runes) > maxValue {
		return string(runes[:maxValue]) + "…"
	}
	return text
}
