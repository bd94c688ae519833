package deploy

import (
	"context"

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
