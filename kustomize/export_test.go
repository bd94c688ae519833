package kustomize

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// kubectlBuild is what "kubectl kustomize DIR" does with its default flags
// (sigs.k8s.io/kustomize/kustomize/v5/commands/build).
func kubectlBuild(t *testing.T, dir string) []byte {
	t.Helper()
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	built, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := built.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestExportBuildsToTheSameBytes(t *testing.T) {
	for name, o := range goldens(t) {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			err := Export(o, func(name string, data []byte) error {
				target := filepath.Join(dir, filepath.FromSlash(name))
				if !filepath.IsLocal(name) {
					t.Errorf("%s leads out of the folder", name)
				}
				if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
					return err
				}
				return os.WriteFile(target, data, 0o644)
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(mustRender(t, o).YAML), string(kubectlBuild(t, dir))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The folders of a clone build to what the binary renders.
func TestCloneBuildsToTheSameBytes(t *testing.T) {
	for _, o := range mustOverlays(t) {
		built := kubectlBuild(t, filepath.Join("..", "overlays", o.Name))
		if diff := cmp.Diff(string(mustRender(t, Options{Overlay: o.Name}).YAML), string(built)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestExportCopiesSourcesUnchanged(t *testing.T) {
	var names []string
	err := Export(Options{Overlay: "gke", Expose: ExposeInternal}, func(name string, data []byte) error {
		names = append(names, name)
		if name == "kustomization.yaml" {
			return nil
		}
		want, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if !bytes.Equal(want, data) {
			t.Errorf("%s differs", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, " "); names[0] != "kustomization.yaml" || !strings.Contains(got, "components/load-balancer/") ||
		!strings.Contains(got, "overlays/gke/") || strings.Contains(got, "overlays/eks/") {
		t.Errorf("exported %s", got)
	}
}

func TestExportStopsAtTheFirstError(t *testing.T) {
	full := errors.New("disk full")
	calls := 0
	err := Export(Options{Overlay: "gke"}, func(string, []byte) error { calls++; return full })
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("%d calls, %v", calls, err)
	}
}
