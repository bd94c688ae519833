package repository

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/version"
)

// changelog returns the problems of a changelog by Keep a Changelog 1.1.0, and its versions.
func changelog(text string) (versions []string, problems error) {
	var errs []error
	var sections, kinds []string
	links, link := map[string]bool{}, regexp.MustCompile(`^\[([^\]]+)\]: https://\S+$`)
	for i, line := range strings.Split(text, "\n") {
		complain := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("line %d: "+format, append([]any{i + 1}, args...)...))
		}
		switch {
		case i == 0 && line != "# Changelog":
			complain("want the heading %q", "# Changelog")
		case strings.HasPrefix(line, "## "):
			name, err := section(line)
			if err != nil {
				complain("%w", err)
			}
			sections, kinds = append(sections, name), nil
		case strings.HasPrefix(line, "### "):
			kind := strings.TrimPrefix(line, "### ")
			if !slices.Contains([]string{"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}, kind) {
				complain("no kind of change: %q", kind)
			}
			if slices.Contains(kinds, kind) || len(sections) == 0 {
				complain("%q is there twice, or in no section", kind)
			}
			kinds = append(kinds, kind)
		}
		if m := link.FindStringSubmatch(line); m != nil {
			links[m[1]] = true
		}
	}
	return ordered(sections, links, errs)
}

// section returns the name in a section's heading: Unreleased, or a version with its date.
func section(line string) (string, error) {
	m := regexp.MustCompile(`^## \[([^\]]+)\](?: - (\S+))?$`).FindStringSubmatch(line)
	if m == nil {
		return line, fmt.Errorf("want %q or %q, not %q", "## [Unreleased]", "## [X.Y.Z] - YYYY-MM-DD", line)
	}
	if _, err := time.Parse(time.DateOnly, m[2]); (m[1] == "Unreleased") != (m[2] == "") || m[2] != "" && err != nil {
		return m[1], fmt.Errorf("a version has the day of its release, and %q has %q", m[1], m[2])
	}
	return m[1], nil
}

// ordered checks that sections are sorted from the newest to the oldest, and that each has a link.
func ordered(sections []string, links map[string]bool, errs []error) ([]string, error) {
	if len(sections) == 0 || sections[0] != "Unreleased" {
		return nil, errors.Join(append(errs, errors.New(`the first section is not "Unreleased"`))...)
	}
	var before *version.Version
	for _, name := range sections {
		if !links[name] {
			errs = append(errs, fmt.Errorf("no link for %q (add \"[%[1]s]: https://…\" at the end)", name))
		}
	}
	for _, name := range sections[1:] {
		v, err := version.ParseSemantic(name)
		if err != nil || strings.HasPrefix(name, "v") {
			errs = append(errs, fmt.Errorf("%q is no semantic version", name))
			continue
		}
		if before != nil && !v.LessThan(before) {
			errs = append(errs, fmt.Errorf("%q stands below %q, which is not newer", name, before))
		}
		before = v
	}
	return sections[1:], errors.Join(errs...)
}

// TestChangelog checks that each release is in the changelog and that its manifests are kept: TestReleases of
// kustomize compares with them.
func TestChangelog(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		t.Fatal(err)
	}
	versions, err := changelog(string(data))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range versions {
		if _, err := os.Stat(filepath.Join(root, "kustomize", "testdata", "releases", "v"+v)); err != nil {
			t.Errorf("%v (make release-golden VERSION=v%s)", err, v)
		}
	}
}

func TestChangelogRules(t *testing.T) {
	const links = "[Unreleased]: https://example.com/\n[0.2.0]: https://example.com/2\n[0.10.0]: https://example.com/10\n[1.0.0-rc.1]: https://example.com/rc\n"
	for name, c := range map[string]struct{ text, want string }{
		"good":            {"# Changelog\n\n## [Unreleased]\n\n## [1.0.0-rc.1] - 2027-01-02\n### Added\n## [0.10.0] - 2027-01-01\n\n### Added\n\n### Fixed\n\n## [0.2.0] - 2026-12-31\n### Added\n" + links, ""},
		"title":           {"# Changes\n## [Unreleased]\n" + links, "line 1"},
		"no Unreleased":   {"# Changelog\n## [0.2.0] - 2026-12-31\n" + links, "not \"Unreleased\""},
		"nothing":         {"", "not \"Unreleased\""},
		"order":           {"# Changelog\n## [Unreleased]\n## [0.2.0] - 2027-01-01\n## [0.10.0] - 2027-01-01\n" + links, "\"0.10.0\" stands below"},
		"twice":           {"# Changelog\n## [Unreleased]\n## [0.2.0] - 2027-01-01\n## [0.2.0] - 2027-01-01\n" + links, "\"0.2.0\" stands below"},
		"candidate":       {"# Changelog\n## [Unreleased]\n## [1.0.0-rc.1] - 2027-01-01\n## [1.0.0] - 2027-01-02\n[1.0.0]: https://example.com/1\n" + links, "\"1.0.0\" stands below"},
		"no link":         {"# Changelog\n## [Unreleased]\n## [0.3.0] - 2027-01-01\n" + links, "no link for \"0.3.0\""},
		"no day":          {"# Changelog\n## [Unreleased]\n## [0.2.0]\n" + links, "the day"},
		"no such day":     {"# Changelog\n## [Unreleased]\n## [0.2.0] - 2027-02-30\n" + links, "the day"},
		"a day too early": {"# Changelog\n## [Unreleased] - 2027-01-01\n" + links, "the day"},
		"a v":             {"# Changelog\n## [Unreleased]\n## [v0.2.0] - 2027-01-01\n[v0.2.0]: https://example.com/\n" + links, "no semantic version"},
		"no brackets":     {"# Changelog\n## [Unreleased]\n## 0.2.0 - 2027-01-01\n" + links, "line 3"},
		"kind":            {"# Changelog\n## [Unreleased]\n### Improved\n" + links, "\"Improved\""},
		"kind twice":      {"# Changelog\n## [Unreleased]\n### Added\n### Added\n" + links, "twice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := changelog(c.text)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
