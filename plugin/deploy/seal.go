package deploy

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	applycorev1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/kubernetes"
)

// WriteSeal writes a seal's data: cluster.SealedData to close it, cluster.OpenData to admit one member. Nothing
// restarts by it: the kubelet reads the ConfigMap when it starts a container.
func WriteSeal(ctx context.Context, kube kubernetes.Interface, namespace, seal string, data map[string]string) error {
	configs := kube.CoreV1().ConfigMaps(namespace)
	// An apply would create the ConfigMap, and a seal that no pod reads protects nothing.
	if _, err := configs.Get(ctx, seal, metav1.GetOptions{}); err != nil {
		if apierrors.IsNotFound(err) {
			return fmt.Errorf("configmap %q not found in namespace %q: this cluster has no seal (it was not deployed from these manifests)", seal, namespace)
		}
		return err
	}
	apply := applycorev1.ConfigMap(seal, namespace).WithData(data)
	_, err := configs.Apply(ctx, apply, metav1.ApplyOptions{FieldManager: SealFieldManager, Force: true})
	return err
}
