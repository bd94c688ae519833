package bringup

import (
	"context"
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Seal closes the seal of a cluster. If the cluster was never sealed, all members must be healthy: one that has not joined yet
// could not start afterwards.
func Seal(ctx context.Context, e lifecycle.Env) (report.Sealed, error) {
	var c *cluster.Cluster
	err := e.InTurn(ctx, func(ctx context.Context) (_ *cluster.Cluster, err error) {
		c, err = sealable(ctx, e)
		return c, err
	})
	if c == nil {
		return report.Sealed{}, err
	}
	sealed := report.Sealed{Head: report.NewHead("Seal", c.Namespace, c.Name), Before: c.Seal.String()}
	if err != nil {
		return sealed, err
	}
	sealed.After = string(cluster.SealClosed)
	// Also if it is closed: Hold thereby releases the Lease that an operation left which was killed at its end.
	return sealed, e.WithCluster(c).Hold(ctx, "seal", func(ctx context.Context, _ *deploy.Lease) error {
		if c.Seal.State == cluster.SealClosed {
			return deploy.AdoptSeal(ctx, e.Kube, e.Target.Namespace, c.Name, c.SealConfig)
		}
		return deploy.WriteSeal(ctx, e.Kube, e.Target.Namespace, c.Name, c.SealConfig, cluster.SealedData())
	})
}

// sealable returns the target if its seal may be closed. If its state does not allow that, it returns the cluster and an error.
func sealable(ctx context.Context, e lifecycle.Env) (*cluster.Cluster, error) {
	view, err := e.CompleteView(ctx)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	c := view.Cluster
	switch {
	case c.Seal.State == cluster.SealNone:
		return c, fmt.Errorf("cluster %q: %w", c.Name, lifecycle.ErrNoSeal)
	case c.Seal.State == cluster.SealEmpty && !lifecycle.HealthyVoters(view):
		return c, fmt.Errorf("cluster %q is not sealed: %w", c.Name, notAllHealthy(view))
	}
	return c, nil
}

func notAllHealthy(v *lifecycle.View) error {
	for _, m := range v.Status.Members {
		switch {
		case m.Error != "":
			return fmt.Errorf("member %q is not healthy: %s", m.Name, m.Error)
		case m.Role == report.Learner:
			return fmt.Errorf("member %q is still a learner", m.Name)
		}
	}
	return fmt.Errorf("not every member has joined yet (wait until they have, see %q)", v.Cluster.Command("status"))
}
