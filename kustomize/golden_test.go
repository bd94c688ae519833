package kustomize

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// goldens returns the options of each golden file: every overlay with its defaults, and combinations with many changes.
func goldens(t *testing.T) map[string]Options {
	t.Helper()
	cases := map[string]Options{
		"gke-named-5-internal": {
			Name: "orders", Namespace: "data", Overlay: "gke", Replicas: 5, Storage: "64Gi",
			EtcdVersion: "3.6.16", Expose: ExposeInternal,
		},
		"local-mirror-class": {
			Overlay: "local", Replicas: 1, StorageClass: "fast", Image: "registry.example:5000/mirror/etcd",
			Expose: ExposeInternal,
		},
		"local-tls":       {Overlay: "local", TLS: TLSAuto},
		"local-tls-quota": {Overlay: "local", TLS: TLSAuto, Quota: "512Mi"},
		"local-drillable": {Overlay: "local", Drillable: true},
		"eks-named-tls-secret-policy-public": {
			Name: "orders", Namespace: "data", Overlay: "eks", Replicas: 5, Expose: ExposePublic, NetworkPolicy: true,
			TLS: TLSSecret, Secrets: Secrets{Peer: "vault-peers"},
		},
		"gke-named-cert-manager": {
			Name: "orders", Namespace: "data", Overlay: "gke", TLS: TLSCertManager, Names: []string{"etcd.example.com", "10.0.0.7"},
		},
	}
	for _, o := range mustOverlays(t) {
		cases[o.Name] = Options{Overlay: o.Name}
	}
	return cases
}

func mustOverlays(t *testing.T) []Overlay {
	t.Helper()
	list, err := Overlays()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// rendered are the manifests that mustRender has returned, by the options. A build takes much processor time, and many
// tests read the same one.
var rendered = map[string]*Manifests{}

// mustRender returns what Render returns for the options. It renders equal options once. The caller may change the objects.
func mustRender(t *testing.T, o Options) *Manifests {
	t.Helper()
	key := fmt.Sprintf("%#v", o)
	if rendered[key] == nil {
		rendered[key] = mustBuild(t, o)
	}
	m := *rendered[key]
	m.Objects = make([]*unstructured.Unstructured, len(m.Objects))
	for i, object := range rendered[key].Objects {
		m.Objects[i] = object.DeepCopy()
	}
	return &m
}

// mustBuild renders the options, even if mustRender has rendered them before.
func mustBuild(t *testing.T, o Options) *Manifests {
	t.Helper()
	m, err := Render(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestGolden(t *testing.T) {
	for name, o := range goldens(t) {
		t.Run(name, func(t *testing.T) {
			got := mustRender(t, o).YAML
			if again := mustBuild(t, o).YAML; !bytes.Equal(got, again) {
				t.Fatal("two builds differ")
			}
			compareGolden(t, filepath.Join("testdata", "golden", name+".yaml"), got)
		})
	}
}

func TestNoGoldenIsLeftOver(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "golden", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	cases := goldens(t)
	for _, f := range files {
		name := filepath.Base(f[:len(f)-len(".yaml")])
		if _, ok := cases[name]; !ok {
			t.Errorf("%s belongs to no case", f)
		}
	}
}

// compareGolden compares got with a golden file, which -update writes.
func compareGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test ./kustomize -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("golden differs (go test ./kustomize -update rewrites it):\n%s", diff)
	}
}
