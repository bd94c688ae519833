package deploy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/files"
)

// TestExportThatBreaksOff fails the writing of each file in turn: no failed export may leave a kustomization.
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
