package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Head returns the head of a report about v's cluster.
func Head(kind string, v *lifecycle.View) report.Head {
	return report.NewHead(kind, v.Cluster.Namespace, v.Cluster.Name)
}

// WithoutQuorum adds the command that shows the cluster's state if err is a lost quorum or a timeout, which may be one.
func WithoutQuorum(v *lifecycle.View, err error) error {
	if lost := (*etcd.NoQuorumError)(nil); errors.As(err, &lost) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w (see %q)", err, v.Cluster.Command("status"))
	}
	return err
}

// WithStatus opens the cluster in the argument NAME or in --etcd, reads its members' status, and calls run. It closes the cluster
// when run returns. It returns the view's Incomplete if run succeeded or returned a BadNewsError.
func (f *Factory) WithStatus(ctx context.Context, args []string, run func(*lifecycle.View) error) error {
	env, err := f.EnvOf(args)
	if err != nil {
		return err
	}
	return withView(ctx, env, lifecycle.Env.View, func(v *lifecycle.View) error {
		err := run(v)
		if v.Incomplete != nil && (err == nil || errors.As(err, &BadNewsError{})) {
			return v.Incomplete
		}
		return err
	})
}

// WithCluster opens the cluster in --etcd without reading its members' status, calls run, and closes the cluster.
func (f *Factory) WithCluster(ctx context.Context, run func(*lifecycle.View) error) error {
	env, err := f.Env()
	if err != nil {
		return err
	}
	return withView(ctx, env, lifecycle.Env.OpenServing, run)
}

// openView opens a cluster: lifecycle.Env.View or lifecycle.Env.OpenServing.
type openView func(lifecycle.Env, context.Context) (*lifecycle.View, error)

func withView(ctx context.Context, env lifecycle.Env, open openView, run func(*lifecycle.View) error) error {
	view, err := open(env, ctx)
	if err != nil {
		return err
	}
	defer view.Close()
	return run(view)
}
