//go:build e2e

package test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

// releasedPlatforms returns the platforms of a release, by the names of their archives.
func releasedPlatforms() []string {
	return []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64"}
}

// builtPlatforms returns the platforms that dist/ must have, by PLATFORMS as it was given to "make dist".
func builtPlatforms() []string {
	if os.Getenv("PLATFORMS") == "host" {
		return []string{runtime.GOOS + "_" + runtime.GOARCH}
	}
	return releasedPlatforms()
}

func archiveName(platform string) string {
	if strings.HasPrefix(platform, "windows_") {
		return "kubectl-etcd_" + platform + ".zip"
	}
	return "kubectl-etcd_" + platform + ".tar.gz"
}

// TestDistTemplate checks that krew's manifest of a release has an archive for every platform, whatever was built here.
func TestDistTemplate(t *testing.T) {
	template, err := os.ReadFile(filepath.Join(open(t).root, "krew", "etcd.yaml.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	var m krewManifest
	// A plain YAML scalar cannot start with @.
	if err := yaml.Unmarshal(bytes.ReplaceAll(template, []byte("@"), nil), &m); err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, p := range m.Spec.Platforms {
		labels := p.Selector.MatchLabels
		got = append(got, labels.OS+"_"+labels.Arch+" "+p.URI+" "+p.SHA256)
	}
	for _, platform := range releasedPlatforms() {
		want = append(want, platform+" URL/"+archiveName(platform)+" SHA256 "+archiveName(platform))
	}
	if diff := cmp.Diff(want, got, cmp.Transformer("set", asSet)); diff != "" {
		t.Error(diff)
	}
}
