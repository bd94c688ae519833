package lifecycle

import (
	"context"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Certificates returns those that what exists is to have in these Secrets.
func (x Existing) Certificates(secrets cluster.Secrets, names CertificateNames) WantedCertificates {
	return WantedCertificates{Secrets: secrets, Names: names, Bootstrapped: x.bootstrapped()}
}

// provideCertificates makes what is missing, before there is a pod that would wait for it. Pods that there are get what
// was made anew at once.
func (e Env) provideCertificates(ctx context.Context, existing, wanted Existing, names CertificateNames) error {
	if wanted.Source != cluster.SourceAuto {
		return nil
	}
	made, err := e.makeCertificates(ctx, existing.Certificates(wanted.Secrets, names))
	if err != nil || !made || existing.StatefulSet == nil {
		return err
	}
	c, err := e.find(ctx)
	if err != nil {
		return err
	}
	return e.nudge(ctx, c)
}

// PlanCertificates returns what Up would do to the Secrets of a cluster, as what an apply would do to objects.
func (e Env) PlanCertificates(ctx context.Context, w Wanted) ([]string, error) {
	wanted, err := wantedState(w.Objects)
	if err != nil || wanted.Source != cluster.SourceAuto {
		return nil, err
	}
	existing, err := e.Existing(ctx)
	if err != nil {
		return nil, err
	}
	return e.planCertificates(ctx, existing.Certificates(wanted.Secrets, w.Names))
}
