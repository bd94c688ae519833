package kustomize

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
)

func TestOverlays(t *testing.T) {
	want := []Overlay{
		{
			Name: "aks", Provisioner: "disk.csi.azure.com", DiskType: "Premium_LRS", ProviderIDs: []string{"azure"}, InternalBalancer: true,
			PublicService: map[string]*string{"service.beta.kubernetes.io/azure-load-balancer-internal": ptr.To("false")},
		},
		{
			Name: "eks", Provisioner: "ebs.csi.aws.com", DiskType: "gp3", ProviderIDs: []string{"aws"}, InternalBalancer: true,
			PublicService: map[string]*string{"service.beta.kubernetes.io/aws-load-balancer-scheme": ptr.To("internet-facing")},
		},
		{
			Name: "gke", Provisioner: "pd.csi.storage.gke.io", DiskType: "pd-ssd", ProviderIDs: []string{"gce"}, InternalBalancer: true,
			PublicService: map[string]*string{"networking.gke.io/load-balancer-type": nil},
		},
		{Name: "local", ProviderIDs: []string{"kind", "k3s", "none"}},
	}
	if diff := cmp.Diff(want, mustOverlays(t)); diff != "" {
		t.Error(diff)
	}
}

// A folder must be all that a new cloud needs.
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

// What an overlay's files are read to say is what its build has.
func TestOverlayAgreesWithItsBuild(t *testing.T) {
	taken := map[string]string{}
	for _, o := range mustOverlays(t) {
		t.Run(o.Name, func(t *testing.T) {
			if len(o.ProviderIDs) == 0 {
				t.Errorf("kustomization.yaml has no annotation %s", providerAnnotation)
			}
			for _, id := range o.ProviderIDs {
				if other := taken[id]; other != "" {
					t.Errorf("provider %q is taken by overlay %s", id, other)
				}
				taken[id] = o.Name
			}
			got := Overlay{Name: o.Name, ProviderIDs: o.ProviderIDs, DiskType: o.DiskType, PublicService: o.PublicService}
			for _, obj := range mustRender(t, Options{Overlay: o.Name, Expose: ExposeInternal}).Objects {
				switch {
				case obj.GetKind() == "StorageClass":
					got.Provisioner, _, _ = unstructured.NestedString(obj.Object, "provisioner")
				case obj.GetName() == "etcd-client":
					got.InternalBalancer = len(obj.GetAnnotations()) > 0
				}
			}
			if o.InternalBalancer != (len(o.PublicService) > 0) {
				t.Errorf("a cloud with an internal balancer says how it becomes a public one (annotation %s)", publicAnnotation)
			}
			if o.Provisioner != "" && o.DiskType == "" {
				t.Errorf("no disk type (annotation %s names the parameter)", diskTypeAnnotation)
			}
			if diff := cmp.Diff(got, o); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDetect(t *testing.T) {
	cases := map[string]struct {
		ids       []string
		want, err string
	}{
		"gke":                    {ids: []string{"gce://project/europe-west4-a/gke-1", "gce://project/europe-west4-b/gke-2"}, want: "gke"},
		"eks":                    {ids: []string{"aws:///eu-west-1a/i-0123456789"}, want: "eks"},
		"aks":                    {ids: []string{"azure:///subscriptions/s/resourceGroups/g/providers/p"}, want: "aks"},
		"kind":                   {ids: []string{"kind://docker/kind/kind-worker"}, want: "local"},
		"k3s":                    {ids: []string{"k3s://laptop"}, want: "local"},
		"none":                   {ids: []string{"", ""}, want: "local"},
		"two kinds, one overlay": {ids: []string{"", "kind://docker/kind/a"}, want: "local"},
		"two overlays":           {ids: []string{"gce://a", "aws:///b"}, err: "the nodes belong to several overlays: eks, gke (choose one with --overlay)"},
		"a cloud and none":       {ids: []string{"gce://a", ""}, err: "the nodes belong to several overlays: gke, local (choose one with --overlay)"},
		"unknown":                {ids: []string{"nimbus://a"}, err: `no overlay for nodes whose providerID begins with "nimbus" (choose one with --overlay)`},
		"one of them unknown":    {ids: []string{"gce://a", "nimbus://a"}, err: `no overlay for nodes whose providerID begins with "nimbus" (choose one with --overlay)`},
		"no nodes":               {err: "no nodes to tell the overlay by (choose one with --overlay)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
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
