package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Head returns the head of a report about the cluster in view.
func Head(kind string, v *lifecycle.View) report.Head {
	return report.NewHead(kind, v.Cluster.Namespace, v.Cluster.Name)
}

// WithoutQuorum adds to an error that there is no quorum, or may be none, where to look for why.
func WithoutQuorum(v *lifecycle.View, err error) error {
	if lost := (*etcd.NoQuorumError)(nil); errors.As(err, &lost) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w (see %q)", err, v.Cluster.Command("status"))
	}
	return err
}

// WithStatus opens the cluster that NAME or --etcd says, asks its members, and closes when f is through.
func (o *Factory) WithStatus(ctx context.Context, args []string, f func(*lifecycle.View) error) error {
	env, err := o.EnvOf(args)
	if err != nil {
		return err
	}
	return withView(ctx, env, lifecycle.Env.View, func(v *lifecycle.View) error {
		err := f(v)
		if v.Incomplete != nil && (err == nil || errors.As(err, &BadNewsError{})) {
			return v.Incomplete
		}
		return err
	})
}

// WithCluster opens the cluster that --etcd says to read or write its keys, without asking its members for their status.
func (o *Factory) WithCluster(ctx context.Context, f func(*lifecycle.View) error) error {
	env, err := o.Env()
	if err != nil {
		return err
	}
	return withView(ctx, env, lifecycle.Env.OpenServing, f)
}

// openView is one of the two ways to open a cluster.
type openView func(lifecycle.Env, context.Context) (*lifecycle.View, error)

func withView(ctx context.Context, env lifecycle.Env, s openView, f func(*lifecycle.View) error) error {
	view, err := s(env, ctx)
	if err != nil {
		return err
	}
	defer view.Close()
	return f(view)
}
