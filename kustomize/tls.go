package kustomize

import (
	"fmt"
	"net"

	"k8s.io/apimachinery/pkg/util/validation"
)

// TLS is the source of a cluster's certificates.
type TLS string

const (
	// TLSOff serves clients and peers in plain text.
	TLSOff TLS = "off"
	// TLSAuto uses certificates that the plugin issues.
	TLSAuto TLS = "auto"
	// TLSCertManager uses certificates that cert-manager issues (https://cert-manager.io).
	TLSCertManager TLS = "cert-manager"
	// TLSSecret uses existing Secrets of the user.
	TLSSecret TLS = "secret"
)

const (
	// TLSAnnotation is the annotation of the bootstrap ConfigMap that has the cluster's TLS. Without it the cluster has no TLS.
	TLSAnnotation = "etcd.kubectl.dev/tls"
	// NamesAnnotation is the annotation of the bootstrap ConfigMap that lists the server certificate's additional names.
	NamesAnnotation = "etcd.kubectl.dev/tls-names"
	// ExposeAnnotation is the annotation of the client Service that marks a public load balancer.
	ExposeAnnotation = "etcd.kubectl.dev/expose"
)

// Secrets are the names of the Secrets with a cluster's certificates.
type Secrets struct{ Server, Peer, Client string }

// DefaultSecrets returns the Secrets of a cluster of this name, unless the user names others.
func DefaultSecrets(name string) Secrets {
	return Secrets{Server: name + "-server-tls", Peer: name + "-peer-tls", Client: name + "-client-tls"}
}

// withDefaults returns s with each empty name replaced by other's.
func (s Secrets) withDefaults(other Secrets) Secrets {
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

// secrets returns the Secrets that the pods mount.
func (o Options) secrets() Secrets { return o.Secrets.withDefaults(DefaultSecrets(o.name())) }

// ServerNames returns the names for a cluster's server certificate: those by which clients reach the members through
// either Service, from the same namespace and from others, and over a port-forward, and the names in more. Wildcards
// cover members that are added later.
func ServerNames(headless, client, namespace string, more []string) []string {
	names := []string{client, client + "." + namespace, client + "." + namespace + ".svc"}
	names = append(names, client+"."+namespace+".svc.cluster.local")
	names = append(names, headless+"."+namespace+".svc", headless+"."+namespace+".svc.cluster.local")
	for _, end := range []string{"", "." + namespace, "." + namespace + ".svc", "." + namespace + ".svc.cluster.local"} {
		names = append(names, "*."+headless+end)
	}
	return append(append(names, loopbackNames()...), more...)
}

// PeerNames returns the names for the peers' certificate: those in the members' peer URLs, which contain no namespace
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
		return fmt.Errorf("names of Secrets are only used with your own certificates (add --tls secret)")
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
		return fmt.Errorf("names for the server certificate need a certificate that is issued here (use --tls auto or cert-manager)")
	}
	for _, name := range o.Names {
		bad := net.ParseIP(name) == nil && len(validation.IsDNS1123Subdomain(name)) > 0 && len(validation.IsWildcardDNS1123Subdomain(name)) > 0
		if bad {
			return fmt.Errorf("invalid name %q for the server certificate (use a DNS name or an IP address)", name)
		}
	}
	return nil
}
