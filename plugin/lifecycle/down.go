package lifecycle

import (
	"context"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Down removes what runs a cluster. Volumes, bootstrap, seal and StorageClass stay, and "up" finds the data again;
// deleteData takes volumes, bootstrap and seal too.
func (e Env) Down(ctx context.Context, name string, deleteData bool) (report.Removed, error) {
	removed := report.Removed{Meta: report.NewMeta("Down"), Cluster: name, Namespace: e.Namespace}
	existing, err := e.Existing(ctx, name)
	if err != nil {
		return removed, err
	}
	if existing.StatefulSet == nil && existing.Replicas == 0 && len(existing.Claims) == 0 && existing.Seal.State == cluster.SealNone {
		_, err := e.Open(ctx, name) // says what there is instead
		return removed, err
	}
	lease, ctx, err := deploy.Acquire(ctx, e.Kube, e.Namespace, name, "down", e.Progress.Live)
	if err != nil {
		return removed, err
	}
	defer lease.Release(ctx)
	e.Progress.Live("waiting until the members of " + name + " have ended")
	defer e.Progress.Live()
	removed.Removed, err = deploy.Remove(ctx, e.Kube, e.Namespace, name)
	if err != nil {
		return removed, err
	}
	if !deleteData {
		for _, c := range existing.Claims {
			removed.Kept = append(removed.Kept, c.Name)
		}
		return removed, nil
	}
	if err := lease.Step(ctx, "down: delete the data"); err != nil {
		return removed, err
	}
	data, err := deploy.RemoveData(ctx, e.Kube, e.Namespace, name)
	removed.Removed = append(removed.Removed, data...)
	return removed, err
}
