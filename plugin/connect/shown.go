package connect

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Handshake is what a server sends in a TLS handshake.
type Handshake struct {
	Chain []*x509.Certificate // the server's certificate first
	// Accepts are the subjects of the CAs whose client certificates the server accepts, each in the encoding of the CA's
	// certificate (RawSubject). It is nil if the server requests no certificate.
	Accepts [][]byte
}

// ReadHandshake does a TLS handshake and returns what the server sent. It verifies nothing: callers look for the error. A
// server that requires a client certificate sends its own chain and the accepted CAs before it refuses. ReadHandshake
// closes the connection.
func ReadHandshake(ctx context.Context, conn net.Conn, host string) (Handshake, error) {
	defer func() { _ = conn.Close() }()
	var shown Handshake
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

// Handshake returns what the member's client port sends in a TLS handshake.
func (c *Connection) Handshake(ctx context.Context, m cluster.Member) (Handshake, error) {
	conn, err := c.Dial(ctx, m)
	if err != nil {
		return Handshake{}, err
	}
	return ReadHandshake(ctx, conn, m.Server.Host)
}

// PeerHandshake returns what the member's peer port sends in a TLS handshake.
func (c *Connection) PeerHandshake(ctx context.Context, m cluster.Member) (Handshake, error) {
	conn, err := c.DialPort(ctx, m, m.Server.Peers.Port)
	if err != nil {
		return Handshake{}, err
	}
	return ReadHandshake(ctx, conn, m.Server.Host)
}

// Trusts reports whether the server accepts client certificates of a CA.
func (s Handshake) Trusts(ca *x509.Certificate) bool {
	return slices.ContainsFunc(s.Accepts, func(subject []byte) bool { return string(subject) == string(ca.RawSubject) })
}
