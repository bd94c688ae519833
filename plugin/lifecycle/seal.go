package lifecycle

import (
	"context"
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Seal closes the seal of a cluster. One that was never sealed must have all its members healthy: a member that has
// not joined yet could not do so any more.
func (e Env) Seal(ctx context.Context, name string) (report.Sealed, error) {
	view, err := e.LookWhole(ctx, name)
	if err != nil {
		return report.Sealed{}, err
	}
	defer view.Close()
	c := view.Cluster
	sealed := report.Sealed{Meta: report.NewMeta("Seal"), Cluster: c.Name, Namespace: c.Namespace, Before: c.Seal.String()}
	switch c.Seal.State {
	case cluster.SealNone:
		return sealed, fmt.Errorf("cluster %q: %w", c.Name, errNotOurs)
	case cluster.SealEmpty:
		if !healthyVoters(view) {
			return sealed, fmt.Errorf("cluster %q is not sealed: %w", c.Name, notAllHealthy(view))
		}
	}
	sealed.After = string(cluster.SealClosed)
	// A closed one too: the Lease of an operation that was killed at its end is given back thereby.
	return sealed, e.hold(ctx, c.Name, "seal", func(ctx context.Context, _ *deploy.Lease) error {
		if c.Seal.State == cluster.SealClosed {
			return deploy.AdoptSeal(ctx, e.Kube, e.Namespace, c.Name, c.SealConfig)
		}
		return deploy.WriteSeal(ctx, e.Kube, e.Namespace, c.Name, c.SealConfig, cluster.SealedData())
	})
}

func notAllHealthy(v *View) error {
	for _, m := range v.Status.Members {
		switch {
		case m.Error != "":
			return fmt.Errorf("member %q is not healthy: %s", m.Name, m.Error)
		case m.Role == report.Learner:
			return fmt.Errorf("member %q is still a learner", m.Name)
		}
	}
	return fmt.Errorf("not every member has joined yet (wait for them, see %q)", v.Cluster.Command("status"))
}
