package certs

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/util/cert"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// Load reads the Secrets of the CAs and of the leaves that the members use. An unusable Secret is no error: its Authority
// or Leaf has an Err, so that the others can be shown.
func (s Store) Load(ctx context.Context) (*Certificates, error) {
	clients, peers := AuthoritySecrets(s.Cluster)
	k := &Certificates{
		Store:   s,
		Clients: &Authority{Secret: clients, name: clientCA},
		Peers:   &Authority{Secret: peers, name: peerCA},
	}
	k.Leaves = []*Leaf{
		{Secret: s.Secrets.Server, For: "servers", issuer: k.Clients, spec: pki.Leaf{CommonName: "etcd-server", Names: s.ServerNames, Server: true}},
		{Secret: s.Secrets.Peer, For: "peers", issuer: k.Peers, spec: pki.Leaf{CommonName: "etcd-peer", Names: s.PeerNames, Server: true}},
		{Secret: s.Secrets.Client, For: clientsOf(Root), issuer: k.Clients, spec: pki.Leaf{CommonName: Root}},
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, a := range k.authorities() {
		group.Go(func() error { return a.read(ctx, s) })
	}
	for _, l := range k.Leaves {
		group.Go(func() error {
			secret, err := deploy.ReadSecret(ctx, s.Kube, s.Namespace, l.Secret)
			if err != nil || secret == nil {
				return err
			}
			l.parse(secret, s.Cluster)
			return nil
		})
	}
	return k, group.Wait()
}

// LoadAll is like Load and includes the certificates that were issued to applications.
func (s Store) LoadAll(ctx context.Context) (*Certificates, error) {
	k, err := s.Load(ctx)
	if err != nil {
		return nil, err
	}
	secrets, err := deploy.ListSecrets(ctx, s.Kube, s.Namespace, s.Cluster, cluster.ComponentCertificate)
	if err != nil {
		return nil, err
	}
	for i := range secrets {
		known := slices.ContainsFunc(k.Leaves, func(l *Leaf) bool { return l.Secret == secrets[i].Name })
		if known || deploy.FromCertManager(&secrets[i]) {
			continue
		}
		l := &Leaf{Secret: secrets[i].Name, issuer: k.Clients}
		l.parse(&secrets[i], s.Cluster)
		if l.Cert != nil {
			l.For = clientsOf(l.Cert.Subject.CommonName)
			l.spec = pki.Leaf{CommonName: l.Cert.Subject.CommonName, Life: pki.Validity(l.Cert)}
		}
		k.Leaves = append(k.Leaves, l)
	}
	return k, nil
}

func clientsOf(name string) string {
	if name == "" {
		return "clients without a user"
	}
	return "client " + name
}

func (a *Authority) read(ctx context.Context, s Store) error {
	secret, err := deploy.ReadSecret(ctx, s.Kube, s.Namespace, a.Secret)
	if err != nil || secret == nil {
		return err
	}
	a.Managed = deploy.FromCertManager(secret)
	if !a.Managed && !deploy.OwnSecret(secret, s.Cluster, cluster.ComponentAuthority) {
		a.Err = deploy.ForeignSecretError(secret, s.Cluster)
		return nil
	}
	a.Authority, err = pki.ParseAuthority(secret.Data)
	if err != nil {
		a.Err = fmt.Errorf("secret %q in namespace %q holds no CA: %w (restore the secret: only its CA can renew the certificates that it signed)", a.Secret, s.Namespace, err)
	}
	return nil
}

// parse parses a leaf's Secret, even if it does not belong to the cluster.
func (l *Leaf) parse(secret *corev1.Secret, name string) {
	l.foreign = !deploy.OwnSecret(secret, name, cluster.ComponentCertificate)
	pair, err := pki.Parse(secret.Data[pki.CertKey], secret.Data[pki.PrivateKey])
	switch {
	case err != nil && l.foreign:
		l.Err = deploy.ForeignSecretError(secret, name)
		return
	case err != nil:
		l.Err = fmt.Errorf("secret %q in namespace %q holds no certificate with its key: %w (delete that secret; \"kubectl etcd up\" or \"kubectl etcd certs create\" then recreates it)", secret.Name, secret.Namespace, err)
		return
	}
	l.pair, l.Cert = pair, pair.Cert
	if l.trusted, err = cert.ParseCertsPEM(secret.Data[pki.CAKey]); err != nil {
		l.trusted = nil // Missing then rewrites them
	}
}

// checkWritable returns why no certificate may be written, or nil: a Secret is unusable or does not belong to the cluster, or the
// present CA did not sign a leaf.
func (k *Certificates) checkWritable() error {
	var errs []error
	for _, a := range k.authorities() {
		errs = append(errs, a.Err)
	}
	for _, l := range k.Leaves {
		errs = append(errs, l.Err)
		switch {
		case l.Err != nil || l.Cert == nil || l.issuer.Authority == nil || l.issuer.Managed:
		case l.foreign:
			errs = append(errs, fmt.Errorf("secret %q in namespace %q does not belong to cluster %q (choose another name for the cluster, or delete that secret)", l.Secret, k.Namespace, k.Cluster))
		case !slices.ContainsFunc(l.issuer.Trusted(), func(ca *x509.Certificate) bool { return l.Cert.CheckSignatureFrom(ca) == nil }):
			errs = append(errs, fmt.Errorf("the CA in secret %q did not sign the certificate in secret %q, and members trust the CA that did (restore that CA)", l.issuer.Secret, l.Secret))
		}
	}
	return errors.Join(errs...)
}
