// Package repository checks that the repository's own files are consistent.
package repository

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// root is the repository's folder.
const root = "../.."

// dependabot has the fields of .github/dependabot.yml that are checked.
type dependabot struct {
	Version int
	Updates []struct {
		Ecosystem   string `json:"package-ecosystem"`
		Directory   string
		Directories []string
	}
}

// folders returns the folders of an ecosystem, sorted, with duplicates.
func (d dependabot) folders(ecosystem string) []string {
	var list []string
	for _, u := range d.Updates {
		if u.Ecosystem != ecosystem {
			continue
		}
		if u.Directory != "" {
			list = append(list, u.Directory)
		}
		list = append(list, u.Directories...)
	}
	slices.Sort(list)
	return list
}

// TestDependabotSeesEveryModule checks that updates are proposed for every module: vulnerabilities would stay in any other.
func TestDependabotSeesEveryModule(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, ".github", "dependabot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var d dependabot
	if err := yaml.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(modules(t), d.folders("gomod")); diff != "" {
		t.Errorf("folders with a go.mod, and those in .github/dependabot.yml (name each once):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"/"}, d.folders("github-actions")); diff != "" {
		t.Error(diff)
	}
}

// modules returns the repository's folders that have a go.mod.
func modules(t *testing.T) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		// .git, .sandbox and the like have no sources.
		if entry.IsDir() && name != root && strings.HasPrefix(entry.Name(), ".") {
			return fs.SkipDir
		}
		if entry.Name() == "go.mod" {
			list = append(list, path.Join("/", strings.TrimPrefix(filepath.ToSlash(filepath.Dir(name)), root)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return list
}
