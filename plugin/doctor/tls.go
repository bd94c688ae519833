package doctor

import (
	"crypto/x509"
	"net/url"
	"strings"
)

// listener is one of the two ports on which a member may serve TLS.
type listener struct {
	name       string   // "clients" or "peers"
	plain, tls bool     // both false if unknown
	hosts      []string // the hosts of its advertised URLs
	chain      observed[[]*x509.Certificate]
}

// newListener returns the listener with the hosts of the URLs. Its scheme is that of the first URL if none is given.
func newListener(name, scheme string, urls []string) listener {
	l := listener{name: name}
	for _, text := range urls {
		if u, err := url.Parse(text); err == nil {
			l.hosts = append(l.hosts, u.Hostname())
			if scheme == "" {
				scheme = u.Scheme
			}
		}
	}
	l.plain, l.tls = scheme == "http", scheme == "https"
	return l
}

// forPeers reports whether the listener serves other members.
func (l listener) forPeers() bool { return strings.HasPrefix(l.name, "peer") }

// folder returns the directory below fixtures/ in which etcd keeps a certificate that it made (server/embed/config.go,
// ClientSelfCert).
func (l listener) folder() string {
	if l.forPeers() {
		return "peer"
	}
	return "client"
}

// flags returns the prefix of the listener's certificate flags.
func (l listener) flags() string {
	if l.forPeers() {
		return "peer-"
	}
	return ""
}
