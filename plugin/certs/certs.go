// Package certs keeps the certificates of a cluster in Secrets: an authority for clients, another for peers, and what
// they vouch for. Two, because with one an application's certificate would open the peer port, past all authentication.
package certs

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/cert"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// Root is the common name of whoever looks after a cluster: the user that etcd's authentication cannot do without.
const Root = "root"

// Store is where the certificates of a cluster are kept, and what they are for.
type Store struct {
	Kube               kubernetes.Interface
	Namespace, Cluster string
	Secrets            cluster.Secrets // as the pods mount them
	ServerNames        []string        // those that a server's certificate must have; it keeps others that it has
	PeerNames          []string
}

// Kit is what there is of a cluster's certificates.
type Kit struct {
	Store
	Clients, Peers *Authority
	Leaves         []*Leaf
}

// Authority is a CA, and the Secret that it is kept in.
type Authority struct {
	Secret         string
	name           string // what it is called in its certificate
	*pki.Authority        // nil where there is none
	Managed        bool   // by cert-manager, which renews what it signed
}

// Leaf is a certificate, and the Secret that it is kept in.
type Leaf struct {
	Secret  string
	For     string // whom it is for: servers, peers, or clients of a name
	Cert    *x509.Certificate
	by      *Authority
	spec    pki.Leaf
	pair    pki.Pair
	trusted []*x509.Certificate // whom its Secret says to trust
}

// AuthoritySecrets returns the names of the Secrets with the CAs' private keys. No pod mounts them.
func AuthoritySecrets(name string) (clients, peers string) {
	return name + "-client-ca", name + "-peer-ca"
}

// Load reads the authorities and the leaves that the members use.
func (s Store) Load(ctx context.Context) (*Kit, error) {
	clients, peers := AuthoritySecrets(s.Cluster)
	k := &Kit{
		Store:   s,
		Clients: &Authority{Secret: clients, name: "etcd client CA"},
		Peers:   &Authority{Secret: peers, name: "etcd peer CA"},
	}
	k.Leaves = []*Leaf{
		{Secret: s.Secrets.Server, For: "servers", by: k.Clients, spec: pki.Leaf{CommonName: "etcd-server", Names: s.ServerNames, Server: true}},
		{Secret: s.Secrets.Peer, For: "peers", by: k.Peers, spec: pki.Leaf{CommonName: "etcd-peer", Names: s.PeerNames, Server: true}},
		{Secret: s.Secrets.Client, For: clientsOf(Root), by: k.Clients, spec: pki.Leaf{CommonName: Root}},
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, a := range []*Authority{k.Clients, k.Peers} {
		group.Go(func() error { return a.read(ctx, s) })
	}
	for _, l := range k.Leaves {
		group.Go(func() error {
			secret, err := deploy.ReadSecret(ctx, s.Kube, s.Namespace, l.Secret)
			if err != nil || secret == nil {
				return err
			}
			return l.take(secret)
		})
	}
	return k, group.Wait()
}

// LoadAll is Load with the certificates that were issued to applications.
func (s Store) LoadAll(ctx context.Context) (*Kit, error) {
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
		l := &Leaf{Secret: secrets[i].Name, by: k.Clients}
		if err := l.take(&secrets[i]); err != nil {
			return nil, err
		}
		l.For = clientsOf(l.Cert.Subject.CommonName)
		l.spec = pki.Leaf{CommonName: l.Cert.Subject.CommonName, Life: l.Cert.NotAfter.Sub(l.Cert.NotBefore)}
		k.Leaves = append(k.Leaves, l)
	}
	return k, nil
}

func clientsOf(name string) string { return "client " + name }

func (a *Authority) read(ctx context.Context, s Store) error {
	secret, err := deploy.ReadSecret(ctx, s.Kube, s.Namespace, a.Secret)
	if err != nil || secret == nil {
		return err
	}
	a.Managed = deploy.FromCertManager(secret)
	if a.Authority, err = pki.ParseAuthority(secret.Data); err != nil {
		return fmt.Errorf("secret %q in namespace %q: %w", a.Secret, s.Namespace, err)
	}
	return nil
}

// take reads a leaf's Secret. One whose content is no good is as if it were not there: it is made anew.
func (l *Leaf) take(secret *corev1.Secret) error {
	pair, err := pki.Parse(secret.Data[pki.CertKey], secret.Data[pki.PrivateKey])
	if err != nil {
		return fmt.Errorf("secret %q in namespace %q: %w (delete it to have it made anew)", secret.Name, secret.Namespace, err)
	}
	l.pair, l.Cert = pair, pair.Cert
	if l.trusted, err = cert.ParseCertsPEM(secret.Data[pki.CAKey]); err != nil {
		l.trusted = nil // it is written anew
	}
	return nil
}

// wanted returns what the leaf is to be: names that somebody added to it are kept.
func (l *Leaf) wanted() pki.Leaf {
	spec := l.spec
	if l.Cert == nil {
		return spec
	}
	spec.Names = append(pki.Names(l.Cert), pki.Missing(l.Cert, spec.Names)...)
	return spec
}

// due says why the leaf is to be issued anew, or "".
func (l *Leaf) due(now time.Time) string {
	switch {
	case l.Cert == nil:
		return "there is none"
	case now.Add(pki.RenewBefore).After(l.Cert.NotAfter):
		return "it expires on " + l.Cert.NotAfter.UTC().Format(time.DateOnly)
	case len(pki.Missing(l.Cert, l.spec.Names)) > 0:
		return "it lacks names"
	}
	return ""
}

// sameCerts reports whether two lists hold the same certificates, in whatever order.
func sameCerts(a, b []*x509.Certificate) bool {
	in := func(list []*x509.Certificate, c *x509.Certificate) bool {
		return slices.ContainsFunc(list, func(x *x509.Certificate) bool { return bytes.Equal(x.Raw, c.Raw) })
	}
	return len(a) == len(b) && !slices.ContainsFunc(a, func(c *x509.Certificate) bool { return !in(b, c) })
}
