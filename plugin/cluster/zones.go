package cluster

import (
	"context"
	"maps"
	"sync"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// readZones returns the zones of the nodes whose pods do not have the label: Kubernetes copies it from the node to the
// pod only since 1.35 (KEP-4742). Zones are "" if the caller may not get nodes.
func readZones(ctx context.Context, kube kubernetes.Interface, pods []*corev1.Pod) map[string]string {
	zones := map[string]string{}
	for _, p := range pods {
		if p.Spec.NodeName != "" && p.Labels[corev1.LabelTopologyZone] == "" {
			zones[p.Spec.NodeName] = ""
		}
	}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(readers)
	for name := range maps.Clone(zones) {
		group.Go(func() error {
			node, err := kube.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return nil //nolint:nilerr // zones are for display only, and may be missing
			}
			mu.Lock()
			defer mu.Unlock()
			zones[name] = node.Labels[corev1.LabelTopologyZone]
			return nil
		})
	}
	_ = group.Wait()
	return zones
}
