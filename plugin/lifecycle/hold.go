package lifecycle

import (
	"context"
	"errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
)

// Hold runs an operation under the Lease of e's target, whose name must be resolved (Of, Resolve), so that it is the only one.
// It waits in turn for the Lease (Turn), records step in it, and gives it back at the end. The operation's context ends where
// the Lease is lost; the error is then why.
func (e Env) Hold(ctx context.Context, step string, operation func(context.Context, *deploy.Lease) error) error {
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

// InTurn returns the error of check. Where another operation is under way meanwhile, the state may be that one's doing: then
// it is what refuses, or it is waited for and check looks again. check returns the cluster where it refused for its state.
func (e Env) InTurn(ctx context.Context, check func(context.Context) (*cluster.Cluster, error)) error {
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

// ErrNotOurs says that an operation needs the seal of these manifests.
var ErrNotOurs = errors.New("was not deployed from these manifests, so it has no seal (only clusters brought up by \"kubectl etcd up\" or the kustomize overlays can be sealed and repaired)")
