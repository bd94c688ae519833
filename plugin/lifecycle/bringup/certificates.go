package bringup

import (
	"context"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/certificates"
)

// Certificates describes the certificates that the cluster's pods mount from these Secrets.
func (x Existing) Certificates(secrets cluster.Secrets, names certificates.Names) certificates.Wanted {
	return certificates.Wanted{Secrets: secrets, Names: names, Bootstrapped: x.bootstrapped()}
}

// provideCertificates creates the missing certificates before the pods that mount them. The kubelets of existing pods are made to
// update the volumes at once.
func provideCertificates(ctx context.Context, e lifecycle.Env, existing, wanted Existing, names certificates.Names) error {
	if wanted.Source != cluster.SourceAuto {
		return nil
	}
	made, err := certificates.Make(ctx, e, existing.Certificates(wanted.Secrets, names))
	if err != nil || !made || existing.StatefulSet == nil {
		return err
	}
	c, err := e.Find(ctx)
	if err != nil {
		return err
	}
	return certificates.Nudge(ctx, e, c)
}

// PlanCertificates returns what Up would do to the Secrets of a cluster as text for users, a line for each Secret. It changes
// nothing.
func PlanCertificates(ctx context.Context, e lifecycle.Env, w Wanted) ([]string, error) {
	wanted, err := wantedState(w.Objects)
	if err != nil || wanted.Source != cluster.SourceAuto {
		return nil, err
	}
	existing, err := ReadExisting(ctx, e)
	if err != nil {
		return nil, err
	}
	return certificates.Plan(ctx, e, existing.Certificates(wanted.Secrets, w.Names))
}
