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

// WriteSeal writes a seal's data: cluster.SealedData to close it, cluster.OpenData to admit one member. Nothing
// restarts by it: the kubelet reads the ConfigMap when it starts a container. A ConfigMap that was deleted is made
// again; config is its name as the pods have it.
func WriteSeal(ctx context.Context, kube kubernetes.Interface, namespace, name, config string, data map[string]string) error {
	apply := applycorev1.ConfigMap(config, namespace).WithData(data).WithLabels(map[string]string{
		cluster.LabelName: "etcd", cluster.LabelInstance: name, cluster.LabelComponent: cluster.ComponentSeal,
	})
	_, err := kube.CoreV1().ConfigMaps(namespace).Apply(ctx, apply, metav1.ApplyOptions{FieldManager: SealFieldManager, Force: true})
	return err
}

// formerSealFieldManager wrote the seals of clusters that were brought up before v0.1.0. Flux takes it over (SealFieldManager).
const formerSealFieldManager = "kubectl-etcd-seal"

// AdoptSeal gives a seal's data that is the former field manager's to today's. It changes no data, and nothing where that has
// been done.
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
	// What a manager no longer applies is no longer its own, and stays where it is another's too.
	_, err = maps.Apply(ctx, applycorev1.ConfigMap(config, namespace), metav1.ApplyOptions{FieldManager: formerSealFieldManager})
	return err
}
