package deploy

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// WriteSeal writes the data of a cluster's seal: cluster.SealedData closes it, cluster.OpenData admits one member. config is the
// ConfigMap's name in the pod template. No pod restarts: the kubelet reads the ConfigMap when it starts a container. A
// ConfigMap that was deleted is created again.
func WriteSeal(ctx context.Context, kube kubernetes.Interface, namespace, name, config string, data map[string]string) error {
	apply := applycorev1.ConfigMap(config, namespace).WithData(data).WithLabels(map[string]string{
		cluster.LabelName: "etcd", cluster.LabelInstance: name, cluster.LabelComponent: cluster.ComponentSeal,
	})
	_, err := kube.CoreV1().ConfigMaps(namespace).Apply(ctx, apply, metav1.ApplyOptions{FieldManager: SealFieldManager, Force: true})
	return err
}

// formerSealFieldManager is the field manager of seals from before v0.1.0. Flux takes over its fields (see SealFieldManager).
const formerSealFieldManager = "kubectl-etcd-seal"

// AdoptSeal moves the seal's data from formerSealFieldManager to SealFieldManager. It does not change the data, and does nothing
// if the former one owns none.
func AdoptSeal(ctx context.Context, kube kubernetes.Interface, namespace, name, config string) error {
	maps := kube.CoreV1().ConfigMaps(namespace)
	seal, err := maps.Get(ctx, config, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(seal.ManagedFields, func(f metav1.ManagedFieldsEntry) bool { return f.Manager == formerSealFieldManager }) {
		return nil
	}
	if err := WriteSeal(ctx, kube, namespace, name, config, seal.Data); err != nil {
		return err
	}
	// A field that a manager no longer applies loses that owner, and stays if it has another one.
	_, err = maps.Apply(ctx, applycorev1.ConfigMap(config, namespace), metav1.ApplyOptions{FieldManager: formerSealFieldManager})
	return err
}
