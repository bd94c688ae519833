package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
)

// listener is one of the two ports on which a member may speak TLS.
type listener struct {
	name       string   // of whom it serves: clients or peers
	plain, tls bool     // neither where it cannot be told
	hosts      []string // by which others reach it
	chain      looked[[]*x509.Certificate]
}

// readChain returns the certificates that a server shows, its own first. Nothing is verified here: what is wrong with
// them is the question. A server that wants a certificate of the client shows its own all the same.
func readChain(ctx context.Context, conn net.Conn, host string) ([]*x509.Certificate, error) {
	defer func() { _ = conn.Close() }()
	var chain []*x509.Certificate
	client := tls.Client(conn, &tls.Config{
		ServerName:         host,
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // nothing is sent: the certificates are what is looked at
		VerifyConnection: func(s tls.ConnectionState) error {
			chain = s.PeerCertificates
			return nil
		},
	})
	if err := client.HandshakeContext(ctx); err != nil && len(chain) == 0 {
		return nil, err
	}
	return chain, nil
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
