package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// hostFor returns the name under which a client finds a member on this machine: a client verifies that the member's
// certificate is for what it dials, and here that can be one of two. The problem is what to do where it is neither.
func (s Session) hostFor(ctx context.Context, m cluster.Member) (host, problem string) {
	served, err := served(ctx, m, s.Ways.Clients)
	if err != nil {
		return loopback, "" // who connects is told why it cannot be
	}
	for _, host := range []string{loopback, "localhost"} {
		if served.VerifyHostname(host) == nil {
			return host, ""
		}
	}
	ctl := ""
	if s.InPod == nil || s.InPod(ctx, m) {
		ctl = fmt.Sprintf(", or use %q, which dials what the member advertises", s.Cluster.Command("ctl"))
	}
	return loopback, fmt.Sprintf("the certificate of member %q is for neither 127.0.0.1 nor localhost, and no client trusts it here; it is for %s "+
		"(pass --etcd-insecure-skip-tls-verify%s; some clients, but not etcdctl, can be told to expect another name)",
		m.Name, strings.Join(names(served), ", "), ctl)
}

// served returns the certificate that a member shows, whoever issued it: only its names are of interest.
func served(ctx context.Context, m cluster.Member, dial Dial) (*x509.Certificate, error) {
	conn, err := dial(ctx, m)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	client := tls.Client(conn, &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // nothing is sent: its names are what is looked at
	})
	err = client.HandshakeContext(ctx)
	// Up to TLS 1.2 a server that demands a certificate refuses us in the handshake, but shows its own before.
	if shown := client.ConnectionState().PeerCertificates; len(shown) > 0 {
		return shown[0], nil
	}
	return nil, err
}

func names(c *x509.Certificate) []string {
	names := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return []string{"no name at all"}
	}
	return names
}
