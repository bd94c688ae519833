package images

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

const reference = "gcr.io/etcd-development/etcd:v3.7.3"

func archive(t *testing.T) (cache, file string) {
	t.Helper()
	cache = t.TempDir()
	program := filepath.Join(cache, "etcd")
	if err := os.WriteFile(program, []byte("#!etcd"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := Archive(cache, "key", []Image{{
		Reference: reference,
		Programs:  map[string]string{"/usr/local/bin/etcd": program},
		Cmd:       []string{"/usr/local/bin/etcd"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return cache, file
}

// The official image of etcd has a command, but neither entrypoint, user nor shell.
func TestImageIsLikeTheOfficialOne(t *testing.T) {
	_, file := archive(t)
	tag, err := name.NewTag(reference)
	if err != nil {
		t.Fatal(err)
	}
	image, err := tarball.ImageFromPath(file, &tag)
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	want := v1.Config{
		Cmd: []string{"/usr/local/bin/etcd"},
		Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	}
	if diff := cmp.Diff(want, config.Config); diff != "" {
		t.Error(diff)
	}
	if config.OS != "linux" {
		t.Errorf("it is for %q", config.OS)
	}
	wantFiles := map[string]int64{"usr/": 0, "usr/local/": 0, "usr/local/bin/": 0, "usr/local/bin/etcd": 6}
	if diff := cmp.Diff(wantFiles, files(t, image)); diff != "" {
		t.Error(diff)
	}
}

func files(t *testing.T, image v1.Image) map[string]int64 {
	t.Helper()
	content := mutate.Extract(image)
	defer content.Close()
	found := map[string]int64{}
	for r := tar.NewReader(content); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Mode != 0o755 {
			t.Errorf("%s has mode %o", header.Name, header.Mode)
		}
		name := header.Name
		if header.Typeflag == tar.TypeDir && name[len(name)-1] != '/' {
			name += "/"
		}
		found[name] = header.Size
	}
}

func TestArchiveIsMadeOnce(t *testing.T) {
	cache, first := archive(t)
	if err := os.WriteFile(first, []byte("cached"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := Archive(cache, "key", nil)
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(again); again != first || string(data) != "cached" {
		t.Errorf("%q was made again as %q", first, again)
	}
	// An image without programs is an error.
	if _, err := Archive(cache, "another key", nil); err == nil {
		t.Error("another key found the same archive")
	}
}

func TestMissingProgramIsNamed(t *testing.T) {
	_, err := Archive(t.TempDir(), "key", []Image{{Reference: reference, Programs: map[string]string{"/etcd": "/nonexistent/etcd"}}})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
