package controllers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	core "k8s.io/api/core/v1"
	storage "k8s.io/api/storage/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

// reach is the storage class parameter that sets from where a volume can be used.
const reach = "reach"

// directories provisions `local` volumes, because the kubelet sets the pod's fsGroup on those and not on hostPath: a process
// that is not root can then write to them.
type directories struct {
	client kubernetes.Interface
	root   string
}

// Provision creates an empty directory owned by root, like a new disk.
func (d *directories) Provision(ctx context.Context, o controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	zone, err := d.zone(ctx, o.SelectedNodeName)
	if err != nil {
		return nil, controller.ProvisioningNoChange, err
	}
	path := filepath.Join(d.root, o.PVName)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, controller.ProvisioningFinished, fmt.Errorf("make volume %q: %w", o.PVName, err)
	}
	return volume(o, path, zone), controller.ProvisioningFinished, nil
}

// zone returns the zone of the pod that waits for the volume. A class that binds immediately gets any zone.
func (d *directories) zone(ctx context.Context, node string) (string, error) {
	if node == "" {
		return plan.Nodes()[0].Zone, nil
	}
	n, err := d.client.CoreV1().Nodes().Get(ctx, node, meta.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("find the zone of node %q: %w", node, err)
	}
	return n.Labels[core.LabelTopologyZone], nil
}

// volume restricts a disk to its zone, as clouds do, or to no zone if the reach of its class is the region.
func volume(o controller.ProvisionOptions, path, zone string) *core.PersistentVolume {
	key, value := core.LabelTopologyZone, zone
	if o.StorageClass.Parameters[reach] == "region" {
		key, value = core.LabelTopologyRegion, plan.Region
	}
	policy := core.PersistentVolumeReclaimDelete
	if o.StorageClass.ReclaimPolicy != nil {
		policy = *o.StorageClass.ReclaimPolicy
	}
	mode := core.PersistentVolumeFilesystem
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: o.PVName, Labels: map[string]string{key: value}},
		Spec: core.PersistentVolumeSpec{
			Capacity:                      core.ResourceList{core.ResourceStorage: o.PVC.Spec.Resources.Requests[core.ResourceStorage]},
			AccessModes:                   o.PVC.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: policy,
			MountOptions:                  nil, // a directory has none
			VolumeMode:                    &mode,
			PersistentVolumeSource:        core.PersistentVolumeSource{Local: &core.LocalVolumeSource{Path: path}},
			NodeAffinity: &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
				MatchExpressions: []core.NodeSelectorRequirement{{Key: key, Operator: core.NodeSelectorOpIn, Values: []string{value}}},
			}}}},
		},
	}
}

// Delete removes the directory of a released volume, and never anything else: everybody with the RBAC verb update may change
// the path in the object.
func (d *directories) Delete(_ context.Context, v *core.PersistentVolume) error {
	path := filepath.Join(d.root, v.Name)
	if v.Spec.Local == nil || v.Spec.Local.Path != path {
		return &controller.IgnoredError{Reason: fmt.Sprintf("its path is not %q", path)}
	}
	if err := os.RemoveAll(path); err != nil {
		return fmt.Errorf("remove volume %q: %w", v.Name, err)
	}
	return nil
}

var _ controller.Provisioner = &directories{}

// Classes returns the storage classes of the sandbox: `standard`, the default, whose volumes are restricted to their zone,
// and `shared`, whose volumes can be used anywhere.
func Classes() []storage.StorageClass {
	class := func(name, to string, isDefault bool) storage.StorageClass {
		policy, binding, expand := core.PersistentVolumeReclaimDelete, storage.VolumeBindingWaitForFirstConsumer, true
		c := storage.StorageClass{
			ObjectMeta:           meta.ObjectMeta{Name: name},
			Provisioner:          ProvisionerName,
			Parameters:           map[string]string{reach: to},
			ReclaimPolicy:        &policy,
			VolumeBindingMode:    &binding,
			AllowVolumeExpansion: &expand,
		}
		if isDefault {
			c.Annotations = map[string]string{"storageclass.kubernetes.io/is-default-class": "true"}
		}
		return c
	}
	return []storage.StorageClass{class("standard", "zone", true), class("shared", "region", false)}
}
