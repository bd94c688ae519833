//go:build !windows

package files

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUmask is not parallel: a process has one umask.
func TestUmask(t *testing.T) {
	dir := t.TempDir()
	for _, mask := range []int{0, 0o077, 0o277, 0o777} {
		before := syscall.Umask(mask)
		err := Write(filepath.Join(dir, "file"), []byte("secret"))
		syscall.Umask(before)
		if err != nil {
			t.Fatalf("umask %#o: %v", mask, err)
		}
		if diff := cmp.Diff(map[string]string{"file": "-rw-------"}, entries(t, dir)); diff != "" {
			t.Errorf("umask %#o: %s", mask, diff)
		}
	}
}
