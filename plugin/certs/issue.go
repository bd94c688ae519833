package certs

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// Usable returns an error if certificates cannot be issued: a Secret is unusable, or a CA's private key is missing.
func (k *Certificates) Usable() error {
	if err := k.checkWritable(); err != nil {
		return err
	}
	for _, a := range k.authorities() {
		if a.Authority == nil {
			return fmt.Errorf("the CA's private key is not in this Kubernetes: secret %q does not exist in namespace %q (issue certificates with the tool that issued those of cluster %q)",
				a.Secret, k.Namespace, k.Cluster)
		}
	}
	return nil
}

// Own returns an error if the plugin cannot renew the certificates: Usable's, or that cert-manager renews them.
func (k *Certificates) Own() error {
	if err := k.Usable(); err != nil {
		return err
	}
	if k.Clients.Managed || k.Peers.Managed {
		return fmt.Errorf("cert-manager issued the certificates of cluster %q and renews them (renew them now with \"cmctl renew %s %s %s -n %s\")",
			k.Cluster, k.Secrets.Server, k.Secrets.Peer, k.Secrets.Client, k.Namespace)
	}
	return nil
}

// IssueClient issues a client certificate for an application into a Secret, and replaces one that was issued to the same
// application before. It fails if the Secret holds anything else.
func (k *Certificates) IssueClient(ctx context.Context, commonName, secret string, life time.Duration) (*Leaf, error) {
	l := &Leaf{Secret: secret, For: clientsOf(commonName), issuer: k.Clients, spec: pki.Leaf{CommonName: commonName, Life: life}}
	for _, a := range k.authorities() {
		if a.Secret == secret {
			return nil, fmt.Errorf("secret %q holds a CA (choose another name with --secret)", secret)
		}
	}
	for _, own := range k.Leaves {
		if own.Secret == secret && own.For != l.For {
			return nil, fmt.Errorf("secret %q holds the certificate for %s (choose another name with --secret)", secret, own.For)
		}
	}
	return l, k.Issue(l).Do(ctx)
}

// ClientFiles issues a client certificate for an application and returns the content of its files, by file name. It
// writes nothing.
func (k *Certificates) ClientFiles(commonName string, life time.Duration) (*Leaf, map[string][]byte, error) {
	l := &Leaf{For: clientsOf(commonName), issuer: k.Clients}
	pair, err := k.Clients.Signer.Issue(pki.Leaf{CommonName: commonName, Life: life})
	if err != nil {
		return nil, nil, err
	}
	l.Cert = pair.Cert
	files, err := pair.Files(k.Clients.Trusted())
	return l, files, err
}
