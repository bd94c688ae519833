package bringup

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Down deletes the StatefulSet, pods, Services and policies of a cluster. Volumes, certificates, bootstrap, seal and StorageClass
// stay, so that "up" starts the members with their data again. With deleteData, of these only the StorageClass stays.
func Down(ctx context.Context, e lifecycle.Env, deleteData bool) (report.Removed, error) {
	removed := report.Removed{Head: report.NewHead("Down", e.Target.Namespace, e.Target.Name)}
	existing, err := ReadExisting(ctx, e)
	if err != nil {
		return removed, err
	}
	authorities, err := deploy.ListSecrets(ctx, e.Kube, e.Target.Namespace, e.Target.Name, cluster.ComponentAuthority)
	if err != nil && !apierrors.IsForbidden(err) {
		return removed, err
	}
	nothing := existing.StatefulSet == nil && existing.Replicas == 0 && len(existing.Claims) == 0 && existing.Seal.State == cluster.SealNone
	if nothing && (len(authorities) == 0 || !deleteData) { // a killed "up" may have left only certificates
		_, err := e.Open(ctx) // its error names the clusters that exist
		return removed, err
	}
	err = e.Hold(ctx, "down", func(ctx context.Context, lease *deploy.Lease) (err error) {
		e.Progress.Live("waiting until the members of " + e.Target.Name + " have ended")
		defer e.Progress.Live()
		removed.Removed, err = deploy.Remove(ctx, e.Kube, e.Target.Namespace, e.Target.Name)
		if err != nil || !deleteData {
			return err
		}
		if err := lease.Step(ctx, "down: delete the data"); err != nil {
			return err
		}
		certificates, err := removeCertificates(ctx, e, existing)
		removed.Removed = append(removed.Removed, certificates...)
		if err != nil {
			return err
		}
		data, err := deploy.RemoveData(ctx, e.Kube, e.Target.Namespace, e.Target.Name)
		removed.Removed = append(removed.Removed, data...)
		return err
	})
	if !deleteData {
		for _, c := range existing.Claims {
			removed.Kept = append(removed.Kept, c.Name)
		}
	}
	return removed, err
}
