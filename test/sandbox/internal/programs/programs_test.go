package programs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const source = "../.."

func TestMinor(t *testing.T) {
	for version, want := range map[string]string{"v3.7.3": "3.7", "v3.5.35": "3.5", "v10.20.30": "10.20"} {
		if got := minor(version); got != want {
			t.Errorf("%s: got %q, want %q", version, got, want)
		}
	}
}

// The versions in this package must be those in go.mod.
func TestVersionsAgreeWithGoMod(t *testing.T) {
	want := map[string]string{
		"kubernetes":   "k8s.io/kubernetes " + Kubernetes,
		"containerd":   "github.com/containerd/containerd/v2 " + Containerd,
		"coredns":      "github.com/coredns/coredns " + CoreDNS,
		"cert-manager": "github.com/cert-manager/cert-manager " + CertManager,
		"kube-router":  "github.com/cloudnativelabs/kube-router/v2 " + KubeRouter,
	}
	for _, v := range EtcdVersions() {
		want["etcd-"+minor(v)] = "go.etcd.io/etcd/server/v3 " + v
	}
	for folder, line := range want {
		data, err := os.ReadFile(filepath.Join(source, "programs", folder, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), line) {
			t.Errorf("programs/%s/go.mod does not require %q", folder, line)
		}
	}
}

// Building the core takes minutes on a new machine, before the first demo: it must have nothing else.
func TestTheCoreIsSmall(t *testing.T) {
	var names []string
	for _, r := range recipes(false) {
		names = append(names, r.name)
	}
	if got, want := strings.Join(names, " "), "kubernetes containerd coredns pause drill-agent etcd-v3.7.3"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	names = nil
	for _, r := range recipes(true)[len(recipes(false)):] {
		names = append(names, r.name)
	}
	if got, want := strings.Join(names, " "), "cert-manager kube-router etcd-v3.5.35 etcd-v3.6.16"; got != want {
		t.Errorf("extras: got %q, want %q", got, want)
	}
}

func TestEveryRecipeHasAKeyOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range recipes(true) {
		key, err := r.key(source, "go1.26")
		if err != nil {
			t.Fatal(err)
		}
		other, err := r.key(source, "go1.27")
		if err != nil {
			t.Fatal(err)
		}
		if seen[key] || key == other || !strings.HasPrefix(key, r.name+"-") {
			t.Errorf("%s: %q, and with another toolchain %q", r.name, key, other)
		}
		seen[key] = true
	}
}

func TestKeyFollowsTheSources(t *testing.T) {
	dir := t.TempDir()
	r := recipe{name: "x", module: "x"}
	if err := os.MkdirAll(filepath.Join(dir, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, text := range []string{"one", "two", "one"} {
		if err := os.WriteFile(filepath.Join(dir, "x", "go.sum"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		key, err := r.key(dir, "go")
		if err != nil {
			t.Fatal(err)
		}
		keys[key] = true
	}
	if len(keys) != 2 {
		t.Errorf("%d keys for two contents", len(keys))
	}
}

// A change elsewhere in the repository must not rebuild the agent; a change of the agent must.
func TestKeyFollowsThePackageOfALargeModule(t *testing.T) {
	for _, module := range []string{".", repository} {
		source := filepath.Join(t.TempDir(), "test", "sandbox")
		r := recipe{name: "x", module: module, packages: []string{"./cmd/x"}}
		key := func(file, text string) string {
			path := filepath.Join(source, module, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			key, err := r.key(source, "go")
			if err != nil {
				t.Fatal(err)
			}
			return key
		}
		first := key("cmd/x/main.go", "one")
		if got := key("plugin/root.go", "one"); got != first {
			t.Errorf("module %s: another package's change changes the key", module)
		}
		below := key("cmd/x/agent/agent.go", "one")
		if second := key("cmd/x/agent/agent.go", "two"); below == first || second == below {
			t.Errorf("module %s: keys %q, %q, %q do not follow the package", module, first, below, second)
		}
	}
}

func TestPlaceReplaces(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	for _, text := range []string{"old", "new"} {
		if err := os.RemoveAll(from); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(from, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time everything is there
			if err := Place(from, to); err != nil {
				t.Fatal(err)
			}
		}
		if got, _ := os.ReadFile(to); string(got) != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
}

func TestPruneKeepsWhatIsUsed(t *testing.T) {
	cache := t.TempDir()
	old := filepath.Join(cache, "old")
	for _, dir := range []string{old, filepath.Join(cache, "new")} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * unused)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	if err := prune(cache, time.Now().Add(-unused)); err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(cache)
	if len(entries) != 1 || entries[0].Name() != "new" {
		t.Errorf("left: %v", entries)
	}
}

func TestManifestIsOneStreamOfDocuments(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"b_2.yaml": "---\nkind: B\n", "b_1.yaml": "kind: A", "a.yaml": "kind: C"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	got, err := manifest{module: "m", files: "b_*.yaml"}.join(dir)
	if want := "---\nkind: A\n---\n---\nkind: B\n\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// A version that moves the files must fail at the build, not at the start.
func TestManifestWithoutFilesIsAnError(t *testing.T) {
	_, err := manifest{module: "m", files: "crds/*.yaml"}.join(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "matches no file") {
		t.Errorf("got %v", err)
	}
}

func TestKeyFollowsTheManifest(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, m := range []*manifest{nil, {files: "a"}, {files: "b"}} {
		key, err := recipe{name: "x", module: "x", packages: []string{"."}, manifest: m}.key(dir, "go")
		if err != nil {
			t.Fatal(err)
		}
		keys[key] = true
	}
	if len(keys) != 3 {
		t.Errorf("%d keys for three manifests", len(keys))
	}
}
