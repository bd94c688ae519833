package cli

import (
	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/certificates"
)

// CertificateNames returns the subject alternative names of the server and peer certificates of a cluster with these Services.
// more is added to the server's.
func CertificateNames(headless, client, namespace string, more []string) certificates.Names {
	return certificates.Names{
		Server: kustomize.ServerNames(headless, client, namespace, more),
		Peer:   kustomize.PeerNames(headless),
	}
}
