package files

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const prefix = "kubectl-etcd-test-"

// child returns the path of a Folder in dir that another process holds, and a function that kills the process.
func child(t *testing.T, dir string) (path string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), folderVariable+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the process has no folder")
	}
	return lines.Text(), kill
}

func left(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// TestRemoveAbandonedOnlyOfDeadProcesses kills a process with a key in its folder, while another one keeps running.
func TestRemoveAbandonedOnlyOfDeadProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd [name] *")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	living, _ := child(t, dir)
	dead, kill := child(t, dir)
	if got := RemoveAbandoned(dir, prefix); len(got) > 0 {
		t.Errorf("removed %v of processes that run", got)
	}
	kill()
	if diff := cmp.Diff([]string{dead}, RemoveAbandoned(dir, prefix)); diff != "" {
		t.Errorf("removed (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{filepath.Base(living)}, left(t, dir)); diff != "" {
		t.Errorf("left (-want +got)\n%s", diff)
	}
}

// TestRemoveAbandonedKeepsOtherFolders has folders that differ from ours in one property each.
func TestRemoveAbandonedKeepsOtherFolders(t *testing.T) {
	dir := t.TempDir()
	mode := func(name string, of os.FileMode) {
		if err := os.Chmod(name, of); err != nil {
			t.Fatal(err)
		}
	}
	abandoned := func() string {
		path, kill := child(t, dir)
		kill()
		return path
	}
	mode(abandoned(), 0o750)
	mode(filepath.Join(abandoned(), lockName), 0o644)
	if err := os.Remove(filepath.Join(abandoned(), lockName)); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	moved := filepath.Join(elsewhere, "moved")
	path := abandoned()
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(moved, path); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(abandoned(), filepath.Join(dir, "other-name")); err != nil {
		t.Fatal(err)
	}
	before := left(t, dir)
	if got := RemoveAbandoned(dir, prefix); len(got) > 0 {
		t.Errorf("removed %v", got)
	}
	if diff := cmp.Diff(before, left(t, dir)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
	if diff := cmp.Diff([]string{".lock", "key"}, left(t, moved)); diff != "" {
		t.Errorf("behind the link (-want +got)\n%s", diff)
	}
}

func TestFolderIsRemovedWithAllInIt(t *testing.T) {
	dir := t.TempDir()
	f, err := NewFolder(dir, prefix)
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(f.Path, "key"), []byte("secret")); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove(); err != nil {
		t.Fatal(err)
	}
	if got := left(t, dir); len(got) > 0 {
		t.Errorf("left %v", got)
	}
}
