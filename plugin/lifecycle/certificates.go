package lifecycle

import (
	"context"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// CertificateNames are what its certificates are to be for.
type CertificateNames struct{ Server, Peer []string }

// store is where the certificates are that the pods of a cluster mount.
func (e Env) store(secrets cluster.Secrets, names CertificateNames) certs.Store {
	return certs.Store{
		Kube: e.Kube, Namespace: e.Target.Namespace, Cluster: e.Target.Name, Secrets: secrets, ServerNames: names.Server, PeerNames: names.Peer,
	}
}

func (e Env) missingCertificates(ctx context.Context, existing Existing, secrets cluster.Secrets, names CertificateNames) ([]certs.Step, error) {
	store := e.store(secrets, names)
	store.Bootstrapped = existing.bootstrapped()
	kit, err := store.Load(ctx)
	if err != nil {
		return nil, err
	}
	return kit.Missing(time.Now())
}
