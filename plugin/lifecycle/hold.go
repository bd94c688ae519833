package lifecycle

import (
	"context"
	"errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
)

// Hold runs an operation as the holder of the Lease of e's target, whose name must be resolved (Of, Resolve). It waits for the
// Lease (Turn), records step in it, and releases it at the end. If the Lease is lost, the operation's context ends, and the
// error is the reason.
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

// Turn returns how an operation waits for another one: for e.Queue, with lines on e.Progress.
func (e Env) Turn() deploy.LeaseWait { return deploy.LeaseWait{Wait: e.Queue, Tell: e.Progress.Live} }

// InTurn returns the error of check, unless another operation is under way: the state that check refused may be temporary. It
// then waits for that operation as Turn says, and returns the error of the wait or of a second check. check returns the
// cluster with an error that is about its state, and nil with any other error.
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

// ErrNoSeal is the error if an operation needs the seal, and the cluster was not deployed from these manifests.
var ErrNoSeal = errors.New("was not deployed from these manifests, so it has no seal (only clusters brought up by \"kubectl etcd up\" or the kustomize overlays can be sealed and repaired)")
