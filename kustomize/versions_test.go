package kustomize

import (
	"strings"
	"testing"
)

// TestVersions: the first version is the one that is deployed by default, and all of them are valid options.
func TestVersions(t *testing.T) {
	versions := Versions()
	if len(versions) != 2 {
		t.Fatalf("%q", versions)
	}
	byDefault, err := Render(Options{Overlay: "local"})
	if err != nil {
		t.Fatal(err)
	}
	if image := "image: gcr.io/etcd-development/etcd:v" + versions[0] + "\n"; !strings.Contains(string(byDefault.YAML), image) {
		t.Errorf("the default is not %q", versions[0])
	}
	for _, v := range versions {
		if err := (Options{Overlay: "local", EtcdVersion: v}).Validate(); err != nil {
			t.Error(err)
		}
	}
}
