// Package images makes the container images of the sandbox from built programs.
package images

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"sort"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Image describes an image.
type Image struct {
	Reference string
	Programs  map[string]string // path in the image -> file on this machine
	Cmd       []string
}

// Archive writes one archive of all images, or finds it in the cache by the key, and returns its path.
func Archive(cache, key string, images []Image) (string, error) {
	sum := sha256.Sum256([]byte("1 " + key)) // the number is increased with each change of this package
	file := filepath.Join(cache, "images-"+hex.EncodeToString(sum[:])[:16]+".tar")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	refs := map[name.Reference]v1.Image{}
	for _, i := range images {
		ref, err := name.ParseReference(i.Reference)
		if err != nil {
			return "", fmt.Errorf("make image %q: %w", i.Reference, err)
		}
		if refs[ref], err = i.make(); err != nil {
			return "", fmt.Errorf("make image %q: %w", i.Reference, err)
		}
	}
	part := file + ".part"
	if err := tarball.MultiRefWriteToFile(part, refs); err != nil {
		return "", fmt.Errorf("write the archive of images: %w", err)
	}
	return file, os.Rename(part, file)
}

// make gives the image what the official etcd image has: programs and a command, but no entrypoint, no user, no shell.
func (i Image) make() (v1.Image, error) {
	content, err := i.layer()
	if err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil }
	// It is unpacked on this machine, three times: compressing would cost more time than it saves.
	layer, err := tarball.LayerFromOpener(open, tarball.WithCompressionLevel(gzip.NoCompression))
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture = "linux", runtime.GOARCH
	file.Config = v1.Config{
		Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
		Cmd: i.Cmd,
	}
	return mutate.ConfigFile(image, file)
}

// layer returns a tar of the programs and the directories above them.
func (i Image) layer() ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, dir := range i.directories() {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755}); err != nil {
			return nil, err
		}
	}
	for _, target := range sortedKeys(i.Programs) {
		data, err := os.ReadFile(i.Programs[target])
		if err != nil {
			return nil, err
		}
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: target[1:], Mode: 0o755, Size: int64(len(data))}); err != nil {
			return nil, err
		}
		if _, err := w.Write(data); err != nil {
			return nil, err
		}
	}
	return buf.Bytes(), w.Close()
}

func (i Image) directories() []string {
	seen := map[string]string{}
	for target := range i.Programs {
		for dir := path.Dir(target); dir != "/"; dir = path.Dir(dir) {
			seen[dir[1:]] = ""
		}
	}
	return sortedKeys(seen) // parents sort before children
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
