package bringup

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// NodeProviders returns spec.providerID of every node. It returns a Forbidden error if the user may not list Nodes.
func NodeProviders(ctx context.Context, e lifecycle.Env) ([]string, error) {
	nodes, err := e.Kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list the nodes: %w", err)
	}
	ids := make([]string, len(nodes.Items))
	for i, n := range nodes.Items {
		ids[i] = n.Spec.ProviderID
	}
	return ids, nil
}
