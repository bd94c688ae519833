package connect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Shown is what a server tells whoever connects to it.
type Shown struct {
	Chain []*x509.Certificate // its own certificate first
	// Accepts are the subjects of the CAs whose client certificates it takes, each as it stands in the CA's certificate
	// (RawSubject); nil where it demands none.
	Accepts [][]byte
}

// ReadShown speaks TLS with a server just long enough to see what it shows. Nothing is verified: what is wrong is the
// question. A server that demands a client's certificate shows its own all the same, and says whose it takes. It owns
// the connection.
func ReadShown(ctx context.Context, conn net.Conn, host string) (Shown, error) {
	defer func() { _ = conn.Close() }()
	var shown Shown
	client := tls.Client(conn, &tls.Config{
		ServerName: host, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // see above
		VerifyConnection: func(s tls.ConnectionState) error {
			shown.Chain = s.PeerCertificates
			return nil
		},
		GetClientCertificate: func(request *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			shown.Accepts = request.AcceptableCAs
			return &tls.Certificate{}, nil
		},
	})
	if err := client.HandshakeContext(ctx); err != nil && len(shown.Chain) == 0 {
		return shown, err
	}
	return shown, nil
}

// Shown sees what a member shows to clients.
func (c *Connection) Shown(ctx context.Context, m cluster.Member) (Shown, error) {
	conn, err := c.Dial(ctx, m)
	if err != nil {
		return Shown{}, err
	}
	return ReadShown(ctx, conn, m.Server.Host)
}

// ShownToPeers sees what a member shows to other members.
func (c *Connection) ShownToPeers(ctx context.Context, m cluster.Member) (Shown, error) {
	conn, err := c.DialPort(ctx, m, m.Server.Peers.Port)
	if err != nil {
		return Shown{}, err
	}
	return ReadShown(ctx, conn, m.Server.Host)
}

// Trusts reports whether the server takes client certificates of a CA.
func (s Shown) Trusts(ca *x509.Certificate) bool {
	return slices.ContainsFunc(s.Accepts, func(subject []byte) bool { return string(subject) == string(ca.RawSubject) })
}
