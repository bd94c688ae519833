package credentials

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
)

// TLS is the TLS configuration for one member.
type TLS struct {
	pod          string // with its namespace, for display
	name         string // the name that the server's certificate has to be valid for
	cert         string // where the server's certificate is, for display; or ""
	ca           *authority
	caFound      bool  // ca was found in the cluster
	pair         *pair // shown if the server demands a certificate; nil if there is none
	skipVerify   bool
	err          error // why no connection can be made
	accessDenied atomic.Bool
	handshake    handshakeRecord
}

// AccessDenied reports whether certificates denied access when a connection was last tried: nothing is known of the member
// then.
func (t *TLS) AccessDenied() bool { return t.err != nil || t.accessDenied.Load() }

// CommonName returns the common name of the certificate that is shown to the member, or "". etcd may take it for the
// user.
func (t *TLS) CommonName() string {
	if t.pair == nil {
		return ""
	}
	return t.pair.Leaf.Subject.CommonName
}

// Client returns a TLS connection to the member over conn. It owns conn, and closes it if the handshake fails. The
// context bounds the handshake.
func (t *TLS) Client(ctx context.Context, conn net.Conn, protocols ...string) (net.Conn, error) {
	if t.err != nil {
		_ = conn.Close()
		return nil, t.err
	}
	config := &tls.Config{
		ServerName: t.name, NextProtos: protocols, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: t.skipVerify, //nolint:gosec // --etcd-insecure-skip-tls-verify, which is warned of
		// Unlike Certificates, this shows the certificate even to a server that does not name its CA: the server then
		// says what is wrong with it.
		GetClientCertificate: func(r *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			t.handshake.noteRequest(r)
			if t.pair == nil {
				return &tls.Certificate{}, nil
			}
			return &t.pair.Certificate, nil
		},
		VerifyConnection: t.handshake.noteConnection,
	}
	if t.ca != nil {
		config.RootCAs = t.ca.pool()
	}
	c := tls.Client(conn, config)
	if err := c.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		if ctx.Err() != nil && !errors.Is(err, context.Cause(ctx)) {
			err = context.Cause(ctx)
		}
		return nil, t.explain(err)
	}
	return tlsConn{c, t}, nil
}

// tlsConn explains why a server rejects the client's certificate: with TLS 1.3 it says so only after the handshake.
type tlsConn struct {
	*tls.Conn
	tls *TLS
}

// Read implements net.Conn.
func (s tlsConn) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if n > 0 {
		s.tls.accessDenied.Store(false)
	}
	if alert(err) != "" {
		err = s.tls.explain(err)
	}
	return n, err
}

// alert returns the peer's reason to end a connection, in the words of crypto/tls, or "".
func alert(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" {
		return op.Err.Error()
	}
	return ""
}
