package sandbox

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/controlplane"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/node"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/owner"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

// extra is a process that only `up --all` starts.
type extra struct {
	process.Command
	onHost bool // in the host's cgroup, not a node's
}

// missingExtras returns the extras that the record does not have.
func missingExtras(l plan.Layout, record *owner.Record) []extra {
	var all, missing []extra
	for _, c := range controlplane.Extras(l) {
		all = append(all, extra{c, true})
	}
	for _, n := range plan.Nodes() {
		for _, c := range node.Extras(l, n) {
			all = append(all, extra{Command: c})
		}
	}
	has := record.Names()
	for _, e := range all {
		if !has[e.Name] {
			missing = append(missing, e)
		}
	}
	return missing
}

// extended reports whether the sandbox has everything that `up --all` adds.
func extended(l plan.Layout, record *owner.Record) bool {
	return record.All && len(missingExtras(l, record)) == 0
}

// extend adds the extras to a running sandbox. It starts nothing twice, so it continues after a failure.
func (b *bringUp) extend(ctx context.Context) error {
	client, err := newClient(b.layout.Kubeconfig())
	if err != nil {
		return err
	}
	b.say("adding cert-manager, kube-router and the older versions of etcd")
	for _, e := range missingExtras(b.layout, b.record) {
		start := b.start
		if e.onHost {
			start = b.startOnHost
		}
		if _, err := start(e.Command); err != nil {
			return err
		}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	for _, n := range plan.Nodes() {
		group.Go(func() error { return node.ImportExtraImages(groupCtx, b.layout, n) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	ask := func(ctx context.Context) error { return issues(ctx, client) }
	if err := b.await(ctx, "the resources of cert-manager", "cert-manager", ask); err != nil {
		return err
	}
	b.record.All = true
	return b.record.Write(plan.RunDir)
}

// resume returns a start that continues with a running sandbox.
func resume(o Options, record *owner.Record) *bringUp {
	return &bringUp{layout: o.Layout, progress: o.Progress, begun: time.Now(), record: record}
}

// issues returns an error if the API server does not serve cert-manager's resources.
func issues(ctx context.Context, client kubernetes.Interface) error {
	for _, resource := range []string{"certificaterequests", "certificates", "clusterissuers", "issuers"} {
		if _, err := client.Discovery().RESTClient().Get().AbsPath("/apis/cert-manager.io/v1", resource).DoRaw(ctx); err != nil {
			return fmt.Errorf("list %s: %w", resource, err)
		}
	}
	return nil
}
