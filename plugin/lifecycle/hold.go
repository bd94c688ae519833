package lifecycle

import (
	"context"
	"errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
)

// hold runs an operation under the cluster's Lease, so that it is the only one. e's target is resolved. Where the Lease is
// lost meanwhile, the operation is cut off, and that is its error.
func (e Env) hold(ctx context.Context, step string, operation func(context.Context, *deploy.Lease) error) error {
	lease, held, err := deploy.Acquire(ctx, e.Kube, e.Target.Namespace, e.Target.Name, step, e.Turn())
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

// Turn is how an operation waits for another one.
func (e Env) Turn() deploy.Turn { return deploy.Turn{Wait: e.Queue, Tell: e.Progress.Live} }

// inTurn refuses what check refuses. Where another operation is under way meanwhile, the state may be that one's doing: then
// it is what refuses, or it is waited for and check looks again. check returns the cluster where it refused for its state.
func (e Env) inTurn(ctx context.Context, check func(context.Context) (*cluster.Cluster, error)) error {
	c, err := check(ctx)
	if err == nil || c == nil || c.Operation.Text == "" {
		return err
	}
	if err := deploy.AwaitTurn(ctx, e.Kube, e.Target.Namespace, c.Name, e.Turn()); err != nil {
		return err
	}
	_, err = check(ctx)
	return err
}

// errNotOurs says that an operation needs the seal of these manifests.
var errNotOurs = errors.New("was not deployed from these manifests, so it has no seal (only clusters brought up by \"kubectl etcd up\" or the kustomize overlays can be sealed and repaired)")
