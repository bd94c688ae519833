package kustomize

import (
	"slices"
	"strings"
	"testing"
)

// FuzzOptions tries hostile options. The result must be an error, or exactly the
// requested objects with the requested names.
func FuzzOptions(f *testing.F) {
	f.Add("etcd", "", "local", 3, "8Gi", "", "", "3.7.3", "", "none", "auto", "", false)
	f.Add("orders", "data", "gke", 5, "64Gi", "8Gi", "fast", "v3.6.16", "registry.example:5000/etcd", "internal", "cert-manager", "etcd.example.com", false)
	f.Add("a\n---\nkind: Secret", "x: y", "../base", 4, "1e99", "1e99", "{}", "3.7.3\n", "a:b", "public", "off", "a b", true)
	f.Add("null", "1e3", "local", 99, "1", "-1", "true", "3.6.0-rc.0", "yes", "internal", "secret", "*.x", true)
	f.Fuzz(func(t *testing.T, name, namespace, overlay string, replicas int, storage, quota, class, version, image, expose, tls, san string, force bool) {
		o := Options{
			Name: name, Namespace: namespace, Overlay: overlay, Replicas: replicas, Storage: storage, Quota: quota, StorageClass: class,
			EtcdVersion: version, Image: image, Expose: Exposure(expose), Force: force, TLS: TLS(tls),
		}
		if san != "" {
			o.Names = []string{san}
		}
		m, err := Render(o)
		if invalid := o.Validate(); (err != nil) != (invalid != nil) {
			t.Fatalf("Render says %v, Validate says %v", err, invalid)
		}
		if err != nil {
			return
		}
		c := decode(t, m)
		want := []string{o.name() + "-bootstrap", o.name() + "-seal", o.name(), o.name() + "-client", o.name(), o.name()}
		var got []string
		for _, obj := range m.Objects {
			if obj.GetKind() == "StorageClass" || obj.GroupVersionKind().Group == "cert-manager.io" {
				continue
			}
			got = append(got, obj.GetName())
			if obj.GetNamespace() != namespace {
				t.Errorf("%s is in namespace %q", obj.GetName(), obj.GetNamespace())
			}
		}
		if !slices.Equal(want, got) {
			t.Errorf("objects %q, want %q", got, want)
		}
		members := strings.Split(c.configs[o.name()+"-bootstrap"].Data["ETCD_INITIAL_CLUSTER"], ",")
		if len(members) != o.replicas() || int(*c.set.Spec.Replicas) != o.replicas() {
			t.Errorf("%d members, %d replicas, want %d", len(members), *c.set.Spec.Replicas, o.replicas())
		}
	})
}
