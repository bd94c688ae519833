package controllers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

func storageOf(size string) core.ResourceList {
	return core.ResourceList{core.ResourceStorage: resource.MustParse(size)}
}

func claimOf(asked, has string) *core.PersistentVolumeClaim {
	return &core.PersistentVolumeClaim{
		ObjectMeta: meta.ObjectMeta{Namespace: "n", Name: "data"},
		Spec: core.PersistentVolumeClaimSpec{
			VolumeName: "pvc-1",
			Resources:  core.VolumeResourceRequirements{Requests: storageOf(asked)},
		},
		Status: core.PersistentVolumeClaimStatus{Phase: core.ClaimBound, Capacity: storageOf(has)},
	}
}

func TestProvisionTiesAVolumeToItsReach(t *testing.T) {
	node := &core.Node{ObjectMeta: meta.ObjectMeta{Name: "ketcd-b", Labels: map[string]string{core.LabelTopologyZone: "zone-b"}}}
	classes := Classes()
	for i, want := range map[int]core.NodeSelectorRequirement{
		0: {Key: core.LabelTopologyZone, Operator: core.NodeSelectorOpIn, Values: []string{"zone-b"}},
		1: {Key: core.LabelTopologyRegion, Operator: core.NodeSelectorOpIn, Values: []string{plan.Region}},
	} {
		t.Run(classes[i].Name, func(t *testing.T) {
			d := &directories{client: fake.NewClientset(node), root: t.TempDir()}
			v, state, err := d.Provision(context.Background(), controller.ProvisionOptions{
				StorageClass: &classes[i], PVName: "pvc-1", PVC: claimOf("1Gi", "0"), SelectedNodeName: "ketcd-b",
			})
			if err != nil || state != controller.ProvisioningFinished {
				t.Fatal(state, err)
			}
			got := v.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0]
			if got.Key != want.Key || got.Values[0] != want.Values[0] {
				t.Errorf("got %v, want %v", got, want)
			}
			if info, err := os.Stat(v.Spec.Local.Path); err != nil || info.Mode().Perm() != 0o755 {
				t.Errorf("its directory: %v %v", info, err)
			}
			if err := d.Delete(context.Background(), v); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(v.Spec.Local.Path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("its directory is still there: %v", err)
			}
		})
	}
}

func TestDeleteTouchesNothingElse(t *testing.T) {
	root, precious := t.TempDir(), t.TempDir()
	d := &directories{root: root}
	for name, path := range map[string]string{
		"elsewhere":  precious,
		"climbs out": filepath.Join(root, "pvc-1", "..", ".."),
		"the root":   root,
	} {
		t.Run(name, func(t *testing.T) {
			v := &core.PersistentVolume{ObjectMeta: meta.ObjectMeta{Name: "pvc-1"}}
			v.Spec.Local = &core.LocalVolumeSource{Path: path}
			var ignored *controller.IgnoredError
			if err := d.Delete(context.Background(), v); !errors.As(err, &ignored) {
				t.Errorf("got %v", err)
			}
			if _, err := os.Stat(precious); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOneClassIsTheDefault(t *testing.T) {
	defaults := 0
	for _, c := range Classes() {
		if c.Annotations["storageclass.kubernetes.io/is-default-class"] == "true" {
			defaults++
		}
		if !*c.AllowVolumeExpansion {
			t.Errorf("%q does not grow", c.Name)
		}
	}
	if defaults != 1 {
		t.Errorf("%d default classes", defaults)
	}
}

func TestWants(t *testing.T) {
	pending := claimOf("2Gi", "1Gi")
	pending.Status.Phase = core.ClaimPending
	for name, test := range map[string]struct {
		claim *core.PersistentVolumeClaim
		want  bool
	}{
		"more":          {claimOf("2Gi", "1Gi"), true},
		"the same":      {claimOf("1024Mi", "1Gi"), false},
		"not bound yet": {pending, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := wants(test.claim); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestExpandGrowsOurVolumesOnly(t *testing.T) {
	for provisioner, want := range map[string]string{ProvisionerName: "2Gi", "another": "1Gi"} {
		t.Run(provisioner, func(t *testing.T) {
			claim := claimOf("2Gi", "1Gi")
			client := fake.NewClientset(claim, &core.PersistentVolume{
				ObjectMeta: meta.ObjectMeta{Name: "pvc-1", Annotations: map[string]string{"pv.kubernetes.io/provisioned-by": provisioner}},
				Spec:       core.PersistentVolumeSpec{Capacity: storageOf("1Gi")},
			})
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			e := newExpander(client, informers.NewSharedInformerFactory(client, 0))
			if err := e.expand(ctx, cache.NewObjectName("n", "data")); err != nil {
				t.Fatal(err)
			}
			v, err := client.CoreV1().PersistentVolumes().Get(ctx, "pvc-1", meta.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			c, err := client.CoreV1().PersistentVolumeClaims("n").Get(ctx, "data", meta.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := v.Spec.Capacity[core.ResourceStorage]; got.String() != want {
				t.Errorf("the volume has %s", got.String())
			}
			if got := c.Status.Capacity[core.ResourceStorage]; got.String() != want {
				t.Errorf("the claim has %s", got.String())
			}
		})
	}
}

func TestAssignWritesAndReleases(t *testing.T) {
	balanced := service("web", 1)
	plain := service("plain", 1, has("10.213.250.9"))
	plain.Spec.Type = core.ServiceTypeClusterIP
	client := fake.NewClientset(balanced, plain)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	factory := informers.NewSharedInformerFactory(client, 0)
	b := newBalancer(client, factory)
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	if err := b.assign(ctx); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"web": "10.213.250.1", "plain": ""} {
		s, err := client.CoreV1().Services("n").Get(ctx, name, meta.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := address(s); got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
}
