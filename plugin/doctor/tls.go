package doctor

import (
	"crypto/x509"
	"net/url"
)

// listener is one of the two ports on which a member may speak TLS.
type listener struct {
	name       string   // of whom it serves: clients or peers
	plain, tls bool     // neither where it cannot be told
	hosts      []string // by which others reach it
	chain      looked[[]*x509.Certificate]
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
