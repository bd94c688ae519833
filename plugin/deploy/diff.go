package deploy

import (
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Diff returns the changes as unified diffs of the objects' YAML, or "" where nothing differs. Of a Secret's value it tells
// that it differs, and neither of the two.
func Diff(changes []Change) (string, error) {
	var b strings.Builder
	for _, c := range changes {
		if c.Verb == Unchanged || c.Verb == Skipped {
			continue
		}
		was, is := content(c.Before), content(c.After)
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
			A: lines(before), B: lines(after),
			FromFile: "live/" + c.String(), ToFile: "up/" + c.String(), Context: 3,
		})
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// lines splits a text that ends with a newline; difflib's own split sees one line more.
func lines(text string) []string {
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

// Rendered lists the objects as what a client-side rehearsal knows of them.
func Rendered(objects []*unstructured.Unstructured) []Change {
	changes := make([]Change, len(objects))
	for i, o := range objects {
		changes[i] = Change{Object: o, Verb: "rendered"}
	}
	return changes
}
