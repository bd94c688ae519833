package kustomize

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// TestOverlays compares what is read of every overlay with its golden, which "make update" writes.
func TestOverlays(t *testing.T) {
	got, err := yaml.Marshal(mustOverlays(t))
	if err != nil {
		t.Fatal(err)
	}
	compareGolden(t, filepath.Join("testdata", "overlays.yaml"), got)
}

// A new cloud must need nothing but a folder.
func TestNewOverlayNeedsNoGo(t *testing.T) {
	fsys := fstest.MapFS{
		"nimbus/kustomization.yaml": {Data: []byte(`
kind: Kustomization
metadata:
  annotations:
    etcd.kubectl.dev/provider-id: nimbus, cumulus, vm-*.nimbus
    etcd.kubectl.dev/disk-type: profile
    etcd.kubectl.dev/plain-balancer: public
`)},
		"nimbus/storageclass.yaml": {Data: []byte(`
kind: StorageClass
provisioner: disk.nimbus.example
parameters:
  profile: fast
`)},
		"embed.go": {},
	}
	got, err := readOverlays(fsys)
	if err != nil {
		t.Fatal(err)
	}
	want := []Overlay{{
		Name: "nimbus", Provisioner: "disk.nimbus.example", DiskType: "fast", PlainIsPublic: true,
		ProviderIDs: []string{"nimbus", "cumulus", "vm-*.nimbus"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, ids := range [][]string{{"nimbus://a"}, {"cumulus:///zone/b", "vm-7.nimbus"}} {
		if o, err := detect(got, ids); err != nil || o.Name != "nimbus" {
			t.Errorf("%q: overlay %q, %v", ids, o.Name, err)
		}
	}
}

func TestBadOverlay(t *testing.T) {
	cases := map[string]struct{ annotation, want string }{
		"pattern":        {"etcd.kubectl.dev/provider-id: 'vm-[*'", `overlay nimbus: annotation etcd.kubectl.dev/provider-id: "vm-[*": syntax error in pattern`},
		"public service": {"etcd.kubectl.dev/public-service: '['", "overlay nimbus: annotation etcd.kubectl.dev/public-service: "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			data := "kind: Kustomization\nmetadata:\n  annotations:\n    " + c.annotation + "\n"
			_, err := readOverlays(fstest.MapFS{"nimbus/kustomization.yaml": {Data: []byte(data)}})
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

// The properties read from an overlay's files agree with its build.
func TestOverlayAgreesWithItsBuild(t *testing.T) {
	taken := map[string]string{}
	for _, o := range mustOverlays(t) {
		t.Run(o.Name, func(t *testing.T) {
			if len(o.ProviderIDs) == 0 {
				t.Errorf("kustomization.yaml has no annotation %s", providerAnnotation)
			}
			for _, id := range o.ProviderIDs {
				if other := taken[id]; other != "" {
					t.Errorf("provider %q is taken by overlay %s (CONTRIBUTING.md says what a second cloud with the same scheme does)", id, other)
				}
				taken[id] = o.Name
			}
			got := Overlay{
				Name: o.Name, ProviderIDs: o.ProviderIDs, DiskType: o.DiskType, PlainIsPublic: o.PlainIsPublic, PublicService: o.PublicService,
			}
			parameters := map[string]string{}
			for _, obj := range mustRender(t, Options{Overlay: o.Name, Expose: ExposeInternal, TLS: TLSAuto}).Objects {
				switch {
				case obj.GetKind() == "StorageClass":
					got.Provisioner, _, _ = unstructured.NestedString(obj.Object, "provisioner")
					parameters, _, _ = unstructured.NestedStringMap(obj.Object, "parameters")
				case obj.GetName() == "etcd-client":
					got.InternalBalancer = len(obj.GetAnnotations()) > 0
				}
			}
			if o.InternalBalancer != (len(o.PublicService) > 0) {
				t.Errorf("a cloud with an internal balancer says how it becomes a public one (annotation %s)", publicAnnotation)
			}
			if o.InternalBalancer && o.PlainIsPublic {
				t.Errorf("a cloud with an internal balancer needs no annotation %s", plainAnnotation)
			}
			// A driver with only one disk type has no parameters.
			delete(parameters, "csi.storage.k8s.io/fstype")
			if len(parameters) > 0 && o.DiskType == "" {
				t.Errorf("no disk type (annotation %s names the parameter)", diskTypeAnnotation)
			}
			if diff := cmp.Diff(got, o); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDetect(t *testing.T) {
	const uuid = "9d1a9d2c-6d5c-4d0a-9f4e-0d8f1c6d8a11"
	type detected struct {
		ids       []string
		want, err string
	}
	cases := map[string]detected{
		"gke":                      {ids: []string{"gce://project/europe-west4-a/gke-1", "gce://project/europe-west4-b/gke-2"}, want: "gke"},
		"eks":                      {ids: []string{"aws:///eu-west-1a/i-0123456789"}, want: "eks"},
		"aks":                      {ids: []string{"azure:///subscriptions/s/resourceGroups/g/providers/p"}, want: "aks"},
		"digitalocean":             {ids: []string{"digitalocean://245738308"}, want: "digitalocean"},
		"openstack":                {ids: []string{"openstack:///" + uuid}, want: "openstack"},
		"openstack with regions":   {ids: []string{"openstack://one/" + uuid, "openstack://two/" + uuid}, want: "openstack"},
		"vsphere":                  {ids: []string{"vsphere://" + uuid}, want: "vsphere"},
		"oci":                      {ids: []string{"oci://ocid1.instance.oc1.eu-frankfurt-1.antheljsx"}, want: "oci"},
		"oci without a scheme":     {ids: []string{"ocid1.instance.oc1.eu-frankfurt-1.antheljsx", "ocid1.instance.oc1.iad.anuwcljt"}, want: "oci"},
		"linode":                   {ids: []string{"linode://12345678"}, want: "linode"},
		"hetzner":                  {ids: []string{"hcloud://12345678"}, want: "hetzner"},
		"hetzner with a robot":     {ids: []string{"hcloud://12345678", "hrobot://321"}, err: `no overlay for nodes whose providerID begins with "hrobot" (choose one with --overlay)`},
		"alibaba":                  {ids: []string{"alicloud://cn-hangzhou.i-v98dklsmnxkkgiiil7"}, want: "alibaba"},
		"alibaba without a scheme": {ids: []string{"cn-hangzhou.i-v98dklsmnxkkgiiil7", "ap-southeast-1.i-t4n0a"}, want: "alibaba"},
		"ibm":                      {ids: []string{"ibm://account///cluster/kube-cluster-default-0001"}, want: "ibm"},
		"rke2":                     {ids: []string{"rke2://server-1", "rke2://agent-1"}, want: "rancher"},
		"kind":                     {ids: []string{"kind://docker/kind/kind-worker"}, want: "local"},
		"k3s":                      {ids: []string{"k3s://laptop"}, want: "local"},
		"none":                     {ids: []string{"", ""}, want: "local"},
		"two kinds, one overlay":   {ids: []string{"", "kind://docker/kind/a"}, want: "local"},
		"two overlays":             {ids: []string{"gce://a", "aws:///b"}, err: "the nodes belong to several overlays: eks, gke (choose one with --overlay)"},
		"a cloud and none":         {ids: []string{"gce://a", ""}, err: "the nodes belong to several overlays: gke, local (choose one with --overlay)"},
		"unknown":                  {ids: []string{"nimbus://a"}, err: `no overlay for nodes whose providerID begins with "nimbus" (choose one with --overlay)`},
		"unknown without a scheme": {ids: []string{"ocid1.virtualnode.oc1.a"}, err: `no overlay for nodes whose providerID begins with "ocid1.virtualnode.oc1.a" (choose one with --overlay)`},
		"like a scheme, without":   {ids: []string{"zone.gce"}, err: `no overlay for nodes whose providerID begins with "zone.gce" (choose one with --overlay)`},
		"one of them unknown":      {ids: []string{"gce://a", "nimbus://a"}, err: `no overlay for nodes whose providerID begins with "nimbus" (choose one with --overlay)`},
		"no nodes":                 {err: "the overlay cannot be detected without nodes (choose one with --overlay)"},
	}
	list := mustOverlays(t)
	for _, o := range list {
		if !slices.ContainsFunc(slices.Collect(maps.Values(cases)), func(c detected) bool { return c.want == o.Name }) {
			t.Errorf("no row detects %s: add one with a real providerID of its nodes, and its source", o.Name)
		}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, id := range c.ids {
				if owners := owners(list, id); len(owners) > 1 {
					t.Errorf("%q belongs to several overlays: %s", id, owners)
				}
			}
			got, err := Detect(c.ids)
			message := ""
			if err != nil {
				message = err.Error()
			}
			if diff := cmp.Diff([]string{c.want, c.err}, []string{got.Name, message}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func owners(list []Overlay, providerID string) []string {
	var names []string
	for _, o := range list {
		if o.isFor(providerID) {
			names = append(names, o.Name)
		}
	}
	return names
}

// A claim requests the larger of base's size and the cloud's smallest volume.
func TestVolumes(t *testing.T) {
	least := map[string]string{"alibaba": "20Gi", "hetzner": "10Gi", "ibm": "10Gi", "linode": "10Gi", "oci": "50Gi"}
	for _, o := range mustOverlays(t) {
		c := decode(t, mustRender(t, Options{Overlay: o.Name}))
		want := least[o.Name]
		if want == "" {
			want = "8Gi"
		}
		if got := c.set.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests.Storage().String(); got != want {
			t.Errorf("%s: %s, want %s", o.Name, got, want)
		}
		if c.class == nil {
			continue
		}
		class := []string{string(*c.class.VolumeBindingMode), string(*c.class.ReclaimPolicy), strconv.FormatBool(*c.class.AllowVolumeExpansion)}
		if diff := cmp.Diff([]string{"WaitForFirstConsumer", "Retain", "true"}, class); diff != "" {
			t.Error(o.Name, diff)
		}
		c = decode(t, mustRender(t, Options{Overlay: o.Name, Storage: "64Gi"}))
		if got := c.set.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests.Storage().String(); got != "64Gi" {
			t.Errorf("%s: %s where 64Gi is asked for", o.Name, got)
		}
	}
}
