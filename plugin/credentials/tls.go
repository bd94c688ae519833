package credentials

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
)

// TLS is how TLS is spoken with one member.
type TLS struct {
	pod        string // with its namespace, for people
	name       string // what the server's certificate has to be for
	cert       string // where the server's certificate is, for people; or ""
	ca         *authority
	found      bool  // the authority was found in the cluster
	pair       *pair // to show where a certificate is demanded; nil is none
	skipVerify bool
	err        error // why it cannot be spoken
	barred     atomic.Bool
	seen       seen
}

// Barred reports whether, when last tried, it was certificates that kept this side and the member apart: then nothing is
// known of the member.
func (t *TLS) Barred() bool { return t.err != nil || t.barred.Load() }

// CommonName returns that of the certificate that is shown to the member, which etcd may take for a user, or "".
func (t *TLS) CommonName() string {
	if t.pair == nil {
		return ""
	}
	return t.pair.Leaf.Subject.CommonName
}

// Client makes a connection to the member one that speaks TLS. It owns the connection that it is given. The context
// bounds the handshake.
func (t *TLS) Client(ctx context.Context, conn net.Conn, protocols ...string) (net.Conn, error) {
	if t.err != nil {
		_ = conn.Close()
		return nil, t.err
	}
	config := &tls.Config{
		ServerName: t.name, NextProtos: protocols, MinVersion: tls.VersionTLS12,
		InsecureSkipVerify: t.skipVerify, //nolint:gosec // --etcd-insecure-skip-tls-verify, which is warned of
		// Unlike Certificates this shows the certificate also to a server that does not name its CA: then it is the server
		// that says what is wrong with it.
		GetClientCertificate: func(r *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			t.seen.request(r)
			if t.pair == nil {
				return &tls.Certificate{}, nil
			}
			return &t.pair.Certificate, nil
		},
		VerifyConnection: t.seen.connection,
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
	return secured{c, t}, nil
}

// secured explains what a server has against the client's certificate: with TLS 1.3 it says so only after the handshake.
type secured struct {
	*tls.Conn
	tls *TLS
}

// Read implements net.Conn.
func (s secured) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if n > 0 {
		s.tls.barred.Store(false)
	}
	if alert(err) != "" {
		err = s.tls.explain(err)
	}
	return n, err
}

// alert returns the other side's reason to end a connection, as crypto/tls calls it, or "".
func alert(err error) string {
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "remote error" {
		return op.Err.Error()
	}
	return ""
}
