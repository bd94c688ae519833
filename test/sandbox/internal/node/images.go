package node

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/host"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

// importBound is long enough for three nodes that import at the same time.
const importBound = 5 * time.Minute

// ImportImages loads the core's images into the node's containerd.
func ImportImages(ctx context.Context, l plan.Layout, n plan.Node) error {
	return load(ctx, n, l.Bin("ctr"), l.Images())
}

// ImportExtraImages loads the images that `up --all` adds.
func ImportExtraImages(ctx context.Context, l plan.Layout, n plan.Node) error {
	return load(ctx, n, l.Bin("ctr"), l.ExtraImages())
}

func load(ctx context.Context, n plan.Node, ctr, archive string) error {
	ctx, cancel := context.WithTimeout(ctx, importBound)
	defer cancel()
	err := host.Run(ctx, ctr, "--address", n.ContainerdSocket(), "--namespace", "k8s.io", "images", "import", archive)
	if err != nil {
		return fmt.Errorf("load images into node %q: %w", n.Name, err)
	}
	return nil
}
