package doctor

import (
	"crypto/x509"
	"net/url"
	"strings"
)

// listener is one of the two ports on which a member may speak TLS.
type listener struct {
	name       string   // of whom it serves: clients or peers
	plain, tls bool     // neither where it cannot be told
	hosts      []string // by which others reach it
	chain      observed[[]*x509.Certificate]
}

// newListener returns the listener that a scheme and some URLs tell.
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

// forPeers reports whether it serves other members.
func (l listener) forPeers() bool { return strings.HasPrefix(l.name, "peer") }

// folder is that below fixtures/ in which etcd keeps a certificate that it made (server/embed/config.go, ClientSelfCert).
func (l listener) folder() string {
	if l.forPeers() {
		return "peer"
	}
	return "client"
}

// flags is what the flags for its certificate begin with.
func (l listener) flags() string {
	if l.forPeers() {
		return "peer-"
	}
	return ""
}
