// Package certs keeps the certificates of a cluster in Secrets: an authority for clients, another for peers, and what
// they vouch for. Two, because with one an application's certificate would open the peer port, past all authentication.
package certs

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
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
	Bootstrapped       bool // members have run: they trust CAs that exist, and no new one
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
	Flaw           error  // why the Secret is no good, or nil
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
	foreign bool                // the Secret is there, and not the cluster's
	Flaw    error               // why the Secret is no good, or nil
}

// The common names of CAs that are made here, before the suffix that tells one from the next.
const (
	clientCA = "etcd client CA"
	peerCA   = "etcd peer CA"
)

// IsClientCA reports whether a subject (RawSubject) is that of a CA for clients that was made here.
func IsClientCA(subject []byte) bool {
	var sequence pkix.RDNSequence
	if rest, err := asn1.Unmarshal(subject, &sequence); err != nil || len(rest) > 0 {
		return false
	}
	var name pkix.Name
	name.FillFromRDNSequence(&sequence)
	suffix, found := strings.CutPrefix(name.CommonName, clientCA+" ")
	_, err := hex.DecodeString(suffix)
	return found && err == nil && len(suffix) == pki.SuffixLength
}

// AuthoritySecrets returns the names of the Secrets with the CAs' private keys. No pod mounts them.
func AuthoritySecrets(name string) (clients, peers string) {
	return name + "-client-ca", name + "-peer-ca"
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
