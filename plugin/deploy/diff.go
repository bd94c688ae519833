package deploy

import (
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Diff returns the changes as unified diffs of the objects' YAML, or "" if nothing differs. The values of a Secret are hidden:
// the diff shows only that they differ.
func Diff(changes []Change) (string, error) {
	var b strings.Builder
	for _, c := range changes {
		if c.Verb == Unchanged || c.Verb == Skipped {
			continue
		}
		was, is := withoutServerFields(c.Before), withoutServerFields(c.After)
		hideSecrets(was, is)
		before, err := toYAML(was)
		if err != nil {
			return "", err
		}
		after, err := toYAML(is)
		if err != nil {
			return "", err
		}
		text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
			A: splitLines(before), B: splitLines(after),
			FromFile: "live/" + c.String(), ToFile: "up/" + c.String(), Context: 3,
		})
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// splitLines splits a text that ends with a newline. difflib's own SplitLines would return one line more.
func splitLines(text string) []string {
	split := strings.SplitAfter(text, "\n")
	return split[:len(split)-1]
}

func toYAML(object *unstructured.Unstructured) (string, error) {
	if object == nil {
		return "", nil
	}
	data, err := yaml.Marshal(object.Object)
	return string(data), err
}

// Rendered returns the objects as the changes of a client-side dry run, with the verb "rendered".
func Rendered(objects []*unstructured.Unstructured) []Change {
	changes := make([]Change, len(objects))
	for i, o := range objects {
		changes[i] = Change{Object: o, Verb: "rendered"}
	}
	return changes
}
