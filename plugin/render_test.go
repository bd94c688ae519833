package plugin

import (
	"io/fs"
	"path/filepath"
	"runtime"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

func TestExportIsItsOwners(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	dir := filepath.Join(t.TempDir(), "new", "etcd")
	streams, _, out, errOut := genericiooptions.NewTestIOStreams()
	if status := execute(t.Context(), streams, []string{"render", "--overlay", "gke", "--export", dir}); status != cli.ExitDone || out.Len() > 0 {
		t.Fatalf("exit status %d, stdout %q, stderr %q", status, out, errOut)
	}
	wrote := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = fs.ModeDir | 0o700
		} else {
			wrote++
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %s, want %s", path, info.Mode(), want)
		}
		return nil
	})
	if err != nil || wrote < 5 {
		t.Errorf("%d files, %v", wrote, err)
	}
}
