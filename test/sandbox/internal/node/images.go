package node

import (
	"context"
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/host"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

// ImportImages loads the archive of images into the node's containerd.
func ImportImages(ctx context.Context, l plan.Layout, n plan.Node) error {
	err := host.Run(ctx, l.Bin("ctr"), "--address", n.ContainerdSocket(), "--namespace", "k8s.io",
		"images", "import", l.Images())
	if err != nil {
		return fmt.Errorf("load images into node %q: %w", n.Name, err)
	}
	return nil
}
