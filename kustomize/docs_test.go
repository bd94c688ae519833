package kustomize

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Exactly the existing overlays are documented, with the properties from their own files: in a row of the README's table,
// in a row of the table in docs/clouds.md, and in a section there with the prerequisites.
func TestEveryOverlayIsDocumented(t *testing.T) {
	readme, clouds := readDoc(t, "README.md"), readDoc(t, filepath.Join("docs", "clouds.md"))
	_, table, _ := strings.Cut(readme, "| overlay | volumes |")
	table, _, _ = strings.Cut(table, "\n\n")
	short := bySection(regexp.MustCompile("(?m)^\\| `(\\w+)` (.*)$"), table)
	long := bySection(regexp.MustCompile("(?m)^\\| \\[`(\\w+)`\\](.*)$"), clouds)
	// A heading in lower case is an overlay's. Its section ends at the next heading.
	sections := bySection(regexp.MustCompile(`(?m)^## ([a-z]+)\n((?:[^#\n].*\n|\n)*)`), clouds)
	for place, found := range map[string]map[string]string{
		"rows in README.md": short, "rows in docs/clouds.md": long, "sections of docs/clouds.md": sections,
	} {
		want := map[string]bool{}
		for _, o := range mustOverlays(t) {
			want[o.Name] = true
		}
		got := map[string]bool{}
		for name := range found {
			got[name] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", place, diff)
		}
	}
	for _, o := range mustOverlays(t) {
		size := decode(t, mustRender(t, Options{Overlay: o.Name})).set.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests.Storage()
		must := map[string][]string{
			short[o.Name]:    {o.Provisioner},
			long[o.Name]:     {o.Provisioner, "(#" + o.Name + ")", fmt.Sprintf("| %d GiB |", size.Value()>>30)},
			sections[o.Name]: {"- **Volumes**: ", "- **Balancer**: ", "- **Needs** ", "- **Trap", "kubectl get "},
		}
		for text, parts := range must {
			for _, part := range parts {
				if !strings.Contains(text, part) {
					t.Errorf("%s: no %q in %q", o.Name, part, text)
				}
			}
		}
	}
}

func readDoc(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// bySection maps the first group of each match to the second.
func bySection(re *regexp.Regexp, text string) map[string]string {
	m := map[string]string{}
	for _, groups := range re.FindAllStringSubmatch(text, -1) {
		m[groups[1]] = groups[2]
	}
	return m
}
