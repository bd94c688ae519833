//go:build e2e

package test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"sigs.k8s.io/yaml"
)

const (
	downloads = "https://github.com/kubectl-etcd/kubectl-etcd/releases/download/"
	// https://krew.sigs.k8s.io/docs/developer-guide/develop/naming-guide/ and krew-index's reviews: a line of "kubectl krew search".
	shortDescriptionLimit = 50
)

// krewManifest has the fields of krew/etcd.yaml that are checked.
type krewManifest struct {
	Spec struct {
		Version          string `json:"version"`
		ShortDescription string `json:"shortDescription"`
		Platforms        []struct {
			Selector struct {
				MatchLabels struct {
					OS   string `json:"os"`
					Arch string `json:"arch"`
				} `json:"matchLabels"`
			} `json:"selector"`
			URI    string `json:"uri"`
			SHA256 string `json:"sha256"`
		} `json:"platforms"`
	} `json:"spec"`
}

// TestDistManifest compares krew's manifest with what "make dist" built. Then krew-index's validator installs every platform
// from it, and checks each archive's checksum and license.
func TestDistManifest(t *testing.T) {
	s := open(t)
	manifest, err := os.ReadFile(filepath.Join(s.root, "krew", "etcd.yaml"))
	if err != nil {
		t.Fatalf("%v (make dist writes it)", err)
	}
	var m krewManifest
	if err := yaml.Unmarshal(manifest, &m); err != nil {
		t.Fatal(err)
	}
	if n := len(m.Spec.ShortDescription); n > shortDescriptionLimit {
		t.Errorf("the short description has %d characters, at most %d", n, shortDescriptionLimit)
	}
	var got []string
	for _, p := range m.Spec.Platforms {
		got = append(got, p.SHA256+"  "+strings.TrimPrefix(p.URI, downloads+m.Spec.Version+"/"))
	}
	var want []string
	for _, platform := range builtPlatforms() {
		want = append(want, s.checksum(t, archiveName(platform))+"  "+archiveName(platform))
	}
	if diff := cmp.Diff(want, got, cmp.Transformer("set", asSet)); diff != "" {
		t.Errorf("the manifest is not of what is in dist/:\n%s", diff)
	}
	s.validate(t, bytes.ReplaceAll(manifest, []byte(downloads+m.Spec.Version), []byte(s.serveDist(t))))
}

// checksum returns a file's SHA-256 in hex. It fails the test if checksums.txt has another one.
func (s sandbox) checksum(t *testing.T, name string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(s.dist(t, name)))
	want := hex.EncodeToString(sum[:])
	if !strings.Contains(s.dist(t, "checksums.txt"), want+"  "+name+"\n") {
		t.Errorf("checksums.txt does not have %s of %s", want, name)
	}
	return want
}

func asSet(list []string) map[string]bool {
	set := map[string]bool{}
	for _, l := range list {
		set[l] = true
	}
	return set
}

// serveDist serves the release's files, as krew requests them.
func (s sandbox) serveDist(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(s.root, "dist"))))
	t.Cleanup(server.Close)
	return server.URL
}

// validate runs krew-index's check of a pull request.
func (s sandbox) validate(t *testing.T, manifest []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "etcd.yaml")
	if err := os.WriteFile(file, manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.root, "bin", "tools", "validate-krew-manifest"), "-manifest", file)
	cmd.Env = append(os.Environ(), "PATH="+s.krewPath(""))
	out, err := cmd.CombinedOutput()
	installed := fmt.Sprintf("all %d spec.platforms installed fine", len(builtPlatforms()))
	if err != nil || !strings.Contains(string(out), installed) {
		t.Errorf("validate-krew-manifest: %v\n%s", err, out)
	}
}

// krewPath is a PATH with krew and kubectl, and with the plugin only as krew links it into root.
func (s sandbox) krewPath(root string) string {
	dirs := []string{filepath.Join(root, "bin"), filepath.Join(s.root, "bin", "tools"), filepath.Dir(s.program("kubectl")), os.Getenv("PATH")}
	return strings.Join(dirs, string(os.PathListSeparator))
}

// TestDistInstalled installs the archive for this machine by krew, and runs the installed plugin.
func TestDistInstalled(t *testing.T) {
	s := open(t)
	params := s.params()
	params.Dir = filepath.Join("testdata", "dist")
	params.Setup = func(env *testscript.Env) error {
		if err := s.setup(env); err != nil {
			return err
		}
		root := filepath.Join(env.WorkDir, ".krew")
		env.Setenv("KREW_ROOT", root)
		env.Setenv("KREW_NO_UPGRADE_CHECK", "1") // the check needs the internet
		env.Setenv("PATH", s.krewPath(root))
		env.Setenv("ARCHIVE", "kubectl-etcd_linux_"+runtime.GOARCH+".tar.gz")
		return nil
	}
	runJourneys(t, true, params)
}

// TestDistBills checks the SBOM beside each archive.
func TestDistBills(t *testing.T) {
	s := open(t)
	for _, platform := range builtPlatforms() {
		var bill struct {
			BOMFormat  string `json:"bomFormat"`
			Components []struct {
				Name string `json:"name"`
			} `json:"components"`
		}
		if err := json.Unmarshal([]byte(s.dist(t, "kubectl-etcd_"+platform+".cdx.json")), &bill); err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range bill.Components {
			names = append(names, c.Name)
		}
		if bill.BOMFormat != "CycloneDX" || !slices.Contains(names, "go.etcd.io/etcd/client/v3") || !slices.Contains(names, "std") {
			t.Errorf("%s: %s with %d components: %v", platform, bill.BOMFormat, len(names), names)
		}
	}
}

// TestDistIsReproducible checks that a second build of the same commit gives the same program, and that archives have no
// trace of time, place or builder.
func TestDistIsReproducible(t *testing.T) {
	s := open(t)
	ours, err := os.ReadFile(s.program("kubectl-etcd"))
	if err != nil {
		t.Fatal(err)
	}
	commit, err := exec.CommandContext(t.Context(), "git", "-C", s.root, "log", "-1", "--format=%ct").Output()
	if err != nil {
		t.Fatal(err)
	}
	when := strings.TrimSpace(string(commit))
	if strings.Contains(s.dist(t, "metadata.json"), `"commit":"none"`) {
		when = "" // without a remote, goreleaser has no commit
	}
	var got []string
	for name, file := range s.archive(t) {
		h := file.header
		if name == "kubectl-etcd" && !bytes.Equal(ours, file.content) {
			t.Error("make build and make dist give different programs of one commit")
		}
		if when != "" && strconv.FormatInt(h.ModTime.Unix(), 10) != when {
			t.Errorf("%s is of %s, and the commit of %s", name, h.ModTime, when)
		}
		got = append(got, fmt.Sprintf("%s %o %s:%s %d:%d", name, h.Mode, h.Uname, h.Gname, h.Uid, h.Gid))
	}
	slices.Sort(got)
	want := []string{
		"LICENSE 644 root:root 0:0",
		"kubectl-etcd 755 root:root 0:0",
		"kubectl_complete-etcd 755 root:root 0:0",
		"kubectl_complete-etcd.cmd 755 root:root 0:0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// archive returns the files of the archive for this machine.
func (s sandbox) archive(t *testing.T) map[string]archived {
	t.Helper()
	return untar(t, s.dist(t, "kubectl-etcd_linux_"+runtime.GOARCH+".tar.gz"))
}

// archived is a file or a folder of an archive.
type archived struct {
	header  *tar.Header
	content []byte
}

// untar returns the entries of a compressed archive by name.
func untar(t *testing.T, compressed string) map[string]archived {
	t.Helper()
	plain, err := gzip.NewReader(strings.NewReader(compressed))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]archived{}
	for r := tar.NewReader(plain); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = archived{header, content}
	}
}

// dist returns the path of a file in dist/.
func (s sandbox) dist(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.root, "dist", name))
	if err != nil {
		t.Fatalf("%v (make dist builds it)", err)
	}
	return string(data)
}
