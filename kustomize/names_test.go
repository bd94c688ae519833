package kustomize

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

// buildTop builds a user's own kustomization over overlays/ and components/.
func buildTop(t *testing.T, o Options, tops map[string]types.Kustomization) []*unstructured.Unstructured {
	t.Helper()
	list, err := sources(o)
	if err != nil {
		t.Fatal(err)
	}
	for dir, k := range tops {
		data, err := yaml.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, file{name: path.Join(dir, "kustomization.yaml"), data: data})
	}
	built, err := build(list)
	if err != nil {
		t.Fatal(err)
	}
	objs, err := objects(built)
	if err != nil {
		t.Fatal(err)
	}
	return objs
}

// values maps the path of every string in a list of objects to the string. The path
// begins with the object's kind and plain name and has the key of each field or label.
func values(objs []*unstructured.Unstructured, plain func(string) string) map[string]string {
	m := map[string]string{}
	for _, o := range objs {
		flatten(m, o.GetKind()+" "+plain(o.GetName()), o.Object)
	}
	return m
}

func flatten(m map[string]string, at string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			flatten(m, at+"|"+k, x)
		}
	case []any:
		for i, x := range v {
			flatten(m, fmt.Sprintf("%s|%d", at, i), x)
		}
	case string:
		m[at] = v
	}
}

// keepsName reports whether "etcd" at this path is the program's name, not the cluster's.
func keepsName(at string) bool {
	for _, end := range []string{
		"|app.kubernetes.io/name", "|containers|0|name", "|command|0", "|kubectl.kubernetes.io/default-container",
		// Names in certificates are literal, as in the member list. TLS refuses a wrong one, so clusters do not mix.
		"|dnsNames|0",
	} {
		if strings.HasSuffix(at, end) {
			return true
		}
	}
	return false
}

// Every reference to an object's name must get the user's prefix and suffix: two
// clusters in one namespace must never select each other's pods.
func TestNamesFollow(t *testing.T) {
	for _, overlay := range mustOverlays(t) {
		t.Run(overlay.Name, func(t *testing.T) {
			o := Options{Overlay: overlay.Name, Expose: ExposeInternal, NetworkPolicy: true, Drillable: true, TLS: TLSCertManager}
			resources := []string{"overlays/" + o.Overlay}
			components := []string{"components/load-balancer", "components/network-policy", "components/drillable", "components/tls-cert-manager"}
			before := buildTop(t, o, map[string]types.Kustomization{"": {Resources: resources, Components: components}})
			after := buildTop(t, o, map[string]types.Kustomization{"": {
				Resources: resources, Components: components, NamePrefix: "a-", NameSuffix: "-z", Namespace: "data",
			}})
			names := map[string]bool{}
			for _, obj := range before {
				names[obj.GetName()] = true
			}
			got := values(after, func(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, "a-"), "-z") })
			for at, value := range values(before, strings.Clone) {
				if names[value] && !keepsName(at) {
					value = "a-" + value + "-z"
				}
				if got[at] != value {
					t.Errorf("%s: %q, want %q", at, got[at], value)
				}
			}
		})
	}
}

// Two clusters with different prefixes in one build keep different names.
func TestTwoClustersInOneBuild(t *testing.T) {
	objs := buildTop(t, Options{Overlay: "gke"}, map[string]types.Kustomization{
		"":  {Resources: []string{"a", "b"}},
		"a": {Resources: []string{"../overlays/gke"}, NamePrefix: "a-"},
		"b": {Resources: []string{"../overlays/gke"}, NamePrefix: "b-"},
	})
	for at, value := range values(objs, strings.Clone) {
		if !strings.HasSuffix(at, "|"+instanceLabel) {
			continue
		}
		_, object, _ := strings.Cut(at, " ")
		if want := object[:2] + "etcd"; value != want {
			t.Errorf("%s: %q, want %q", at, value, want)
		}
	}
}

// If the user chooses a name, the default name remains only in the shared StorageClass.
func TestNameReplacesEveryTrace(t *testing.T) {
	// TLS adds the same objects to each overlay: one overlay is tested with every TLS, all with the one that adds most.
	cases := []Options{{Overlay: "gke", TLS: TLSOff}, {Overlay: "gke", TLS: TLSAuto}, {Overlay: "gke", TLS: TLSSecret}}
	for _, overlay := range mustOverlays(t) {
		cases = append(cases, Options{Overlay: overlay.Name, TLS: TLSCertManager})
	}
	for _, o := range cases {
		o.Name, o.Expose, o.NetworkPolicy, o.Drillable = "orders", ExposeInternal, true, true
		for at, value := range values(mustRender(t, o).Objects, strings.Clone) {
			if bearsDefaultName(value) && !staysShared(at) && !keepsName(at) {
				t.Errorf("%s, TLS %s: %s is %q", o.Overlay, o.TLS, at, value)
			}
		}
	}
}

func bearsDefaultName(value string) bool {
	return value == "etcd" || strings.Contains(value, "etcd-0") || strings.HasPrefix(value, "etcd-")
}

func staysShared(at string) bool {
	return strings.HasPrefix(at, "StorageClass ") || strings.HasSuffix(at, "|storageClassName") || strings.HasSuffix(at, "|commonName")
}
