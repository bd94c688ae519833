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

// Field is one that differs. What it is before or after is nil where it is not there.
type Field struct {
	Path          string // a JSON pointer (RFC 6901)
	Before, After any
}

// String says what changes, for people.
func (f Field) String() string { return f.Path + " " + changed(textOf(f.Before), textOf(f.After)) }

// Fields returns the fields in which an object differs from what it was, without the server's bookkeeping. Of a Secret's
// value they tell that it differs, and neither of the two.
func Fields(c Change) []Field {
	was, is := content(c.Before), content(c.After)
	hideSecrets(was, is)
	return fieldsBetween("", tree(was), tree(is))
}

func tree(o *unstructured.Unstructured) any {
	if o == nil {
		return nil
	}
	return o.Object
}

// fieldsBetween descends where both sides have fields, or lists of the same length.
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

// textOf is a value as JSON has it, a string without its quotes, and nothing for nil.
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

// changed says what becomes of a value; an empty one is not there.
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

// maxValue is how much of a value is told.
const maxValue = 100

func short(text string) string {
	if runes := []rune(text); len(runes) > maxValue {
		return string(runes[:maxValue]) + "…"
	}
	return text
}
