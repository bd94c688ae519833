package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// hostFor returns the host in the member's local URL: 127.0.0.1 or localhost, whichever the member's certificate is
// valid for. If it is valid for neither, problem is the text with the remedy.
func (s Session) hostFor(ctx context.Context, m cluster.Member) (host, problem string) {
	certificate, err := serverCertificate(ctx, m, s.Ways.Clients)
	if err != nil {
		return loopback, "" // the client gets the reason when it connects
	}
	for _, host := range []string{loopback, "localhost"} {
		if certificate.VerifyHostname(host) == nil {
			return host, ""
		}
	}
	ctl := ""
	if s.InPod == nil || s.InPod(ctx, m) {
		ctl = fmt.Sprintf(", or use %q, which connects to the advertised address", s.Cluster.Command("ctl"))
	}
	return loopback, fmt.Sprintf("the certificate of member %q is valid for neither 127.0.0.1 nor localhost, so clients on this machine do not trust it; it is valid for %s "+
		"(pass --etcd-insecure-skip-tls-verify%s; some clients, but not etcdctl, have an option for the expected name)",
		m.Name, strings.Join(names(certificate), ", "), ctl)
}

// serverCertificate returns the certificate that a member presents. It is not verified, because only its names are
// used.
func serverCertificate(ctx context.Context, m cluster.Member, dial Dial) (*x509.Certificate, error) {
	conn, err := dial(ctx, m)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	client := tls.Client(conn, &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // nothing is sent: only the names are read
	})
	err = client.HandshakeContext(ctx)
	// Up to TLS 1.2, a server that requires a client certificate fails the handshake, but sends its own certificate
	// first.
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
		return []string{"no name"}
	}
	return names
}
