package cli

import (
	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/certificates"
)

// CertificateNames are those of a cluster whose Services are called so.
func CertificateNames(headless, client, namespace string, more []string) certificates.Names {
	return certificates.Names{
		Server: kustomize.ServerNames(headless, client, namespace, more),
		Peer:   kustomize.PeerNames(headless),
	}
}
