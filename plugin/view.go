package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// head returns the head of a report about the cluster in view.
func head(kind string, v *lifecycle.View) report.Head {
	return report.NewHead(kind, v.Cluster.Namespace, v.Cluster.Name)
}

// withoutQuorum adds to an error that there is no quorum, or may be none, where to look for why.
func withoutQuorum(v *lifecycle.View, err error) error {
	if lost := (*etcd.NoQuorumError)(nil); errors.As(err, &lost) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w (see %q)", err, v.Cluster.Command("status"))
	}
	return err
}

// look opens the cluster that NAME or --etcd says, asks its members, and closes when f is through.
func (o *options) look(ctx context.Context, args []string, f func(*lifecycle.View) error) error {
	env, err := o.envOf(args)
	if err != nil {
		return err
	}
	return with(ctx, env, lifecycle.Env.Look, func(v *lifecycle.View) error {
		err := f(v)
		if v.Cut != nil && (err == nil || errors.As(err, &badNews{})) {
			return v.Cut
		}
		return err
	})
}

// open opens the cluster that --etcd says to read or write its keys, without asking its members for their status.
func (o *options) open(ctx context.Context, f func(*lifecycle.View) error) error {
	env, err := o.env()
	if err != nil {
		return err
	}
	return with(ctx, env, lifecycle.Env.OpenServing, f)
}

// see is one of the two ways to open a cluster.
type see func(lifecycle.Env, context.Context) (*lifecycle.View, error)

func with(ctx context.Context, env lifecycle.Env, s see, f func(*lifecycle.View) error) error {
	view, err := s(env, ctx)
	if err != nil {
		return err
	}
	defer view.Close()
	return f(view)
}
