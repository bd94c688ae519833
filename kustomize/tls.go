package kustomize

import (
	"fmt"
	"net"

	"k8s.io/apimachinery/pkg/util/validation"
)

// TLS says where the certificates of a cluster are from.
type TLS string

const (
	// TLSOff serves clients and peers in plain text.
	TLSOff TLS = "off"
	// TLSAuto has the plugin make them.
	TLSAuto TLS = "auto"
	// TLSCertManager has cert-manager make them (https://cert-manager.io).
	TLSCertManager TLS = "cert-manager"
	// TLSSecret takes Secrets that exist.
	TLSSecret TLS = "secret"
)

const (
	// TLSAnnotation on the bootstrap ConfigMap is the cluster's TLS; without it there is none.
	TLSAnnotation = "etcd.kubectl.dev/tls"
	// NamesAnnotation there lists the names that the server's certificate is for beside its own.
	NamesAnnotation = "etcd.kubectl.dev/tls-names"
	// ExposeAnnotation on the client Service tells a public load balancer from an internal one.
	ExposeAnnotation = "etcd.kubectl.dev/expose"
)

// Secrets are the names of those that hold a cluster's certificates.
type Secrets struct{ Server, Peer, Client string }

// DefaultSecrets are those of a cluster's own.
func DefaultSecrets(name string) Secrets {
	return Secrets{Server: name + "-server-tls", Peer: name + "-peer-tls", Client: name + "-client-tls"}
}

// or fills the names that are open.
func (s Secrets) or(other Secrets) Secrets {
	if s.Server == "" {
		s.Server = other.Server
	}
	if s.Peer == "" {
		s.Peer = other.Peer
	}
	if s.Client == "" {
		s.Client = other.Client
	}
	return s
}

func (o Options) tls() bool { return o.TLS != "" && o.TLS != TLSOff }

// secrets are those that the pods mount.
func (o Options) secrets() Secrets { return o.Secrets.or(DefaultSecrets(o.name())) }

// ServerNames returns the names that a cluster's server certificate is for: those by which clients reach the members
// through either Service, from the own namespace and from others, and over a port-forward. A wildcard is for every
// member that there will ever be.
func ServerNames(headless, client, namespace string, more []string) []string {
	names := []string{client, client + "." + namespace, client + "." + namespace + ".svc"}
	names = append(names, client+"."+namespace+".svc.cluster.local")
	names = append(names, headless+"."+namespace+".svc", headless+"."+namespace+".svc.cluster.local")
	for _, end := range []string{"", "." + namespace, "." + namespace + ".svc", "." + namespace + ".svc.cluster.local"} {
		names = append(names, "*."+headless+end)
	}
	return append(append(names, loopbackNames()...), more...)
}

// PeerNames returns the names that the members' certificate is for: those in their peer URLs, which know no namespace
// (base/bootstrap.yaml).
func PeerNames(headless string) []string {
	return append([]string{"*." + headless}, loopbackNames()...)
}

func loopbackNames() []string { return []string{"localhost", "127.0.0.1", "::1"} }

func (o Options) validateTLS() error {
	switch o.TLS {
	case "", TLSOff, TLSAuto, TLSCertManager, TLSSecret:
	default:
		return fmt.Errorf("unknown TLS %q (choose one of auto, cert-manager, secret, off)", o.TLS)
	}
	if o.Secrets != (Secrets{}) && o.TLS != TLSSecret {
		return fmt.Errorf("names of Secrets are for certificates of your own (add --tls secret)")
	}
	for _, name := range []string{o.Secrets.Server, o.Secrets.Peer, o.Secrets.Client} {
		if name != "" && len(validation.IsDNS1123Subdomain(name)) > 0 {
			return fmt.Errorf("invalid name of a Secret %q (use lower-case letters, digits, dashes and dots)", name)
		}
	}
	return o.validateNames()
}

func (o Options) validateNames() error {
	if len(o.Names) > 0 && o.TLS != TLSAuto && o.TLS != TLSCertManager {
		return fmt.Errorf("names for the server's certificate go into one that is made here (use --tls auto or cert-manager)")
	}
	for _, name := range o.Names {
		bad := net.ParseIP(name) == nil && len(validation.IsDNS1123Subdomain(name)) > 0 && len(validation.IsWildcardDNS1123Subdomain(name)) > 0
		if bad {
			return fmt.Errorf("invalid name %q for the server's certificate (use a DNS name or an IP address)", name)
		}
	}
	return nil
}
