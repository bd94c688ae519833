package lifecycle

import (
	"context"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
)

// hold runs an operation under the cluster's Lease, so that it is the only one. Where the Lease is lost meanwhile, the
// operation is cut off, and that is its error.
func (e Env) hold(ctx context.Context, name, step string, operation func(context.Context, *deploy.Lease) error) error {
	lease, held, err := deploy.Acquire(ctx, e.Kube, e.Namespace, name, step, e.Progress.Live)
	if err != nil {
		return err
	}
	defer lease.Release(held)
	err = operation(held, lease)
	if err != nil && ctx.Err() == nil && held.Err() != nil {
		return context.Cause(held)
	}
	return err
}
