package lifecycle

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
)

// CertificateNames are what a cluster's certificates are to be for.
type CertificateNames struct{ Server, Peer []string }

// WantedCertificates are those that the pods of a cluster are to mount.
type WantedCertificates struct {
	Secrets      cluster.Secrets // that they are kept in
	Names        CertificateNames
	Bootstrapped bool // members have run: a CA that is gone is not replaced by one that they do not trust
}

// store is where the certificates are that the pods of a cluster mount.
func (e Env) store(secrets cluster.Secrets, names CertificateNames) certs.Store {
	return certs.Store{
		Kube: e.Kube, Namespace: e.Target.Namespace, Cluster: e.Target.Name, Secrets: secrets, ServerNames: names.Server, PeerNames: names.Peer,
	}
}

// missingCertificates returns the steps that make what is missing. It changes nothing.
func (e Env) missingCertificates(ctx context.Context, w WantedCertificates) ([]certs.Step, error) {
	store := e.store(w.Secrets, w.Names)
	store.Bootstrapped = w.Bootstrapped
	kit, err := store.Load(ctx)
	if err != nil {
		return nil, err
	}
	return kit.Missing(time.Now())
}

// planCertificates says for people what makeCertificates would do, a line for each Secret.
func (e Env) planCertificates(ctx context.Context, w WantedCertificates) ([]string, error) {
	steps, err := e.missingCertificates(ctx, w)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, s := range steps {
		texts = append(texts, fmt.Sprintf("secret/%s: %s", s.Secret, s.Text))
	}
	return texts, nil
}

// makeCertificates makes what is missing, and reports whether anything was. The caller holds the Lease.
func (e Env) makeCertificates(ctx context.Context, w WantedCertificates) (made bool, err error) {
	steps, err := e.missingCertificates(ctx, w)
	if err != nil {
		return false, err
	}
	return len(steps) > 0, e.do(ctx, steps)
}

// CreateCertificates is makeCertificates under the Lease, for a cluster that is brought up by other means.
func (e Env) CreateCertificates(ctx context.Context, w WantedCertificates) error {
	return e.hold(ctx, "certs create", func(ctx context.Context, _ *deploy.Lease) error {
		made, err := e.makeCertificates(ctx, w)
		if err == nil && !made {
			e.Progress.Step("nothing is missing")
		}
		return err
	})
}
