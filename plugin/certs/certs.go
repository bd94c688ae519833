// Package certs keeps the certificates of a cluster in Secrets: a CA for clients, another CA for peers, and the leaf
// certificates that they sign. There are two CAs because with only one, an application's certificate would open the peer
// port, which etcd's authentication does not protect.
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

// Root is the common name in the administrator's certificate: the user that etcd's authentication requires.
const Root = "root"

// Store describes the Secrets with the certificates of a cluster.
type Store struct {
	Kube               kubernetes.Interface
	Namespace, Cluster string
	Secrets            cluster.Secrets // as the pods mount them
	ServerNames        []string        // names that the servers' certificate must have; renewal keeps further names
	PeerNames          []string        // the same for the peers' certificate
	Bootstrapped       bool            // members have run, so they trust the existing CAs and no new one
}

// Certificates holds the certificates of a cluster as they were read from their Secrets.
type Certificates struct {
	Store
	Clients, Peers *Authority
	Leaves         []*Leaf
}

// Authority is a CA and its Secret.
type Authority struct {
	Secret         string // the Secret's name
	name           string // the common name without suffix
	*pki.Authority        // nil if the Secret does not exist or is unusable
	Managed        bool   // cert-manager made it, and renews the certificates that it signed
	Err            error  // why the Secret is unusable, or nil
}

// Leaf is a leaf certificate and its Secret.
type Leaf struct {
	Secret  string            // the Secret's name
	For     string            // the holders, for messages: servers, peers, or clients of a name
	Cert    *x509.Certificate // nil if the Secret does not exist or is unusable
	issuer  *Authority
	spec    pki.Leaf
	pair    pki.Pair
	trusted []*x509.Certificate // the CAs in its Secret
	foreign bool                // the Secret exists and does not belong to the cluster
	Err     error               // why the Secret is unusable, or nil
}

// The common names of the plugin's CAs, without the random suffix.
const (
	clientCA = "etcd client CA"
	peerCA   = "etcd peer CA"
)

// IsClientCA reports whether a subject (RawSubject) is that of a client CA that the plugin made.
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

// AuthoritySecrets returns the names of the Secrets that hold the CAs' private keys. No pod mounts them.
func AuthoritySecrets(name string) (clients, peers string) {
	return name + "-client-ca", name + "-peer-ca"
}

// wanted returns the specification to issue the leaf with. It keeps names that the present certificate has in addition.
func (l *Leaf) wanted() pki.Leaf {
	spec := l.spec
	if l.Cert == nil {
		return spec
	}
	spec.Names = append(pki.Names(l.Cert), pki.Missing(l.Cert, spec.Names)...)
	return spec
}

// issueReason returns why the leaf has to be issued, or "".
func (l *Leaf) issueReason(now time.Time) string {
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

// sameCerts reports whether two lists hold the same certificates, in any order.
func sameCerts(a, b []*x509.Certificate) bool {
	in := func(list []*x509.Certificate, c *x509.Certificate) bool {
		return slices.ContainsFunc(list, func(x *x509.Certificate) bool { return bytes.Equal(x.Raw, c.Raw) })
	}
	return len(a) == len(b) && !slices.ContainsFunc(a, func(c *x509.Certificate) bool { return !in(b, c) })
}
