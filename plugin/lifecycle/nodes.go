package lifecycle

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NodeProviders returns spec.providerID of every node, or an error that says that one may not look.
func (e Env) NodeProviders(ctx context.Context) ([]string, error) {
	nodes, err := e.Kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("look at the nodes: %w", err)
	}
	ids := make([]string, len(nodes.Items))
	for i, n := range nodes.Items {
		ids[i] = n.Spec.ProviderID
	}
	return ids, nil
}
