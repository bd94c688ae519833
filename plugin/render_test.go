package plugin

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/files"
)

func TestExportIsItsOwners(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	dir := filepath.Join(t.TempDir(), "new", "etcd")
	streams, _, out, errOut := genericiooptions.NewTestIOStreams()
	if status := execute(t.Context(), streams, []string{"render", "--overlay", "gke", "--export", dir}); status != exitDone || out.Len() > 0 {
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

// TestExportThatBreaksOff has each of the files be the one that cannot be written: none leaves a kustomization.
func TestExportThatBreaksOff(t *testing.T) {
	full := errors.New("disk full")
	for failing, wrote := 1, true; wrote; failing++ {
		dir := filepath.Join(t.TempDir(), "etcd")
		calls := 0
		err := exportTo(dir, kustomize.Options{Overlay: "local"}, func(path string, data []byte) error {
			if calls++; calls == failing {
				return full
			}
			return files.Write(path, data)
		})
		_, top := os.Stat(filepath.Join(dir, topFile))
		wrote = calls == failing
		if wrote && (!errors.Is(err, full) || !strings.Contains(err.Error(), "remove it") || top == nil) {
			t.Errorf("file %d of the export fails: %v; %s: %v", failing, err, topFile, top)
		}
		if !wrote && (err != nil || top != nil || calls < 5) {
			t.Errorf("none fails: %d files, %v, %v", calls, err, top)
		}
	}
}
