//go:build e2e

package test

import (
	"archive/tar"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// layout is the folder of an image as OCI has it: https://github.com/opencontainers/image-spec/blob/main/image-layout.md
type layout string

// descriptor refers to a blob of the image.
type descriptor struct {
	Digest   string `json:"digest"`
	Platform struct {
		OS           string `json:"os"`
		Architecture string `json:"architecture"`
	} `json:"platform"`
}

func (l layout) read(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(string(l), name))
	if err != nil {
		t.Fatalf("%v (make dist builds it)", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func blob(d descriptor) string {
	return filepath.Join("blobs", strings.Replace(d.Digest, ":", string(filepath.Separator), 1))
}

// TestDistImage checks that the image of the drills' agent has each Linux platform that was built, and in each only the
// program of dist/, run by a user that is not root.
func TestDistImage(t *testing.T) {
	s := open(t)
	l := layout(filepath.Join(s.root, "dist", "drill-agent"))
	var top, index struct {
		Manifests []descriptor `json:"manifests"`
	}
	l.read(t, "index.json", &top)
	l.read(t, blob(top.Manifests[0]), &index)
	folders := map[string]string{"linux_amd64": "drill-agent_linux_amd64_v1", "linux_arm64": "drill-agent_linux_arm64_v8.0"}
	programs := map[string]string{} // by architecture
	for _, platform := range builtPlatforms() {
		if arch, linux := strings.CutPrefix(platform, "linux_"); linux {
			programs[arch] = folders[platform]
		}
	}
	for _, d := range index.Manifests {
		var manifest struct {
			Config descriptor   `json:"config"`
			Layers []descriptor `json:"layers"`
		}
		l.read(t, blob(d), &manifest)
		var image struct {
			Config struct {
				User       string
				Entrypoint []string
				Env        []string
			} `json:"config"`
		}
		l.read(t, blob(manifest.Config), &image)
		if c := image.Config; c.User != "65532:65532" || len(c.Entrypoint) != 1 || !strings.HasPrefix(strings.Join(c.Env, " "), "PATH=/usr/local/bin") {
			t.Errorf("%s: %+v", d.Platform.Architecture, c)
		}
		got := map[string]string{}
		for _, layer := range manifest.Layers {
			l.unpack(t, layer, got)
		}
		arch := d.Platform.Architecture
		want := map[string]string{"usr/local/bin/drill-agent": s.dist(t, filepath.Join(programs[arch], "drill-agent"))}
		if !cmp.Equal(want, got) {
			t.Errorf("%s: the image has other files than the program of dist/", arch)
		}
		delete(programs, arch)
	}
	if len(programs) > 0 {
		t.Errorf("the image lacks platforms: %v", programs)
	}
}

// unpack adds the files of a layer.
func (l layout) unpack(t *testing.T, layer descriptor, files map[string]string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(string(l), blob(layer)))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range untar(t, string(data)) {
		if file.header.Typeflag == tar.TypeReg {
			files[name] = string(file.content)
		}
	}
}
