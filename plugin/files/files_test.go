package files

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// entries returns the files in a folder, with their modes.
func entries(t *testing.T, dir string) map[string]string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, e := range list {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		found[e.Name()] = info.Mode().String()
	}
	return found
}

func TestWrite(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	for name, c := range map[string]struct {
		before os.FileMode // mode of an existing file; 0 is none
		data   string
	}{
		"a new file":               {0, "new"},
		"an empty one":             {0, ""},
		"over one of ours":         {0o600, "new"},
		"over one that all read":   {0o644, "new"},
		"over one nobody writes":   {0o400, "new"},
		"over a longer one of old": {0o600, "n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "client.key")
			if c.before != 0 {
				if err := os.WriteFile(path, []byte("what was there before"), c.before); err != nil {
					t.Fatal(err)
				}
			}
			if err := Write(path, []byte(c.data)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]string{"client.key": "-rw-------"}, entries(t, dir)); diff != "" {
				t.Error(diff)
			}
			got, err := os.ReadFile(path)
			if err != nil || string(got) != c.data {
				t.Errorf("it holds %q, %v", got, err)
			}
		})
	}
}

// TestWriteFails checks that a failed Write changes nothing and leaves no other file.
func TestWriteFails(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(dir, path string) error
		left    []string
	}{
		"no folder": {func(dir, _ string) error { return os.Remove(dir) }, nil},
		"a file as the folder": {func(dir, _ string) error {
			if err := os.Remove(dir); err != nil {
				return err
			}
			return os.WriteFile(dir, nil, 0o600)
		}, nil},
		"a folder in its place": {func(_, path string) error { return os.MkdirAll(filepath.Join(path, "full"), 0o700) }, []string{"client.key"}},
		"a link in its place":   {func(dir, path string) error { return os.Symlink(filepath.Join(dir, "elsewhere"), path) }, []string{"client.key"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "folder")
			path := filepath.Join(dir, "client.key")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := c.prepare(dir, path); err != nil {
				t.Fatal(err)
			}
			if err := Write(path, []byte("secret")); err == nil {
				t.Error("it was written")
			}
			var left []string
			if list, err := os.ReadDir(dir); err == nil {
				for _, e := range list {
					left = append(left, e.Name())
				}
			}
			if !slices.Equal(left, c.left) {
				t.Errorf("%q is left, want %q", left, c.left)
			}
		})
	}
}

// TestWriteIsAtomicForReaders reads a file while it is written repeatedly.
func TestWriteIsAtomicForReaders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	one, two := bytes.Repeat([]byte("1"), 1<<16), bytes.Repeat([]byte("2"), 1<<17)
	if err := Write(path, one); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		for i := range 50 {
			if err := Write(path, [][]byte{two, one}[i%2]); err != nil {
				done <- err
				return
			}
		}
		close(done)
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			return
		default:
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, one) && !bytes.Equal(got, two) {
			t.Errorf("%d bytes are read, %v", len(got), err)
		}
	}
}

func TestMakeFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no modes")
	}
	dir := t.TempDir()
	if err := MakeFolder(filepath.Join(dir, "a", "b")); err != nil {
		t.Fatal(err)
	}
	if err := MakeFolder(dir); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("drwx------", entries(t, dir)["a"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("drwx------", entries(t, filepath.Join(dir, "a"))["b"]); diff != "" {
		t.Error(diff)
	}
}
