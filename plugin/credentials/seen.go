package credentials

import (
	"crypto/tls"
	"crypto/x509"
	"sync/atomic"
)

// Handshake is what a member showed about its CAs in the last TLS handshake.
type Handshake struct {
	Accepts [][]byte            // RawSubject of each CA whose client certificates it accepts
	Issuer  []byte              // RawSubject of the CA that issued its certificate
	CAs     []*x509.Certificate // found in the cluster to verify it with; nil if the flags gave others
}

// handshakeRecord records what a member shows during a handshake.
type handshakeRecord struct {
	accepts atomic.Pointer[[][]byte]
	issuer  atomic.Pointer[[]byte]
}

func (s *handshakeRecord) noteRequest(r *tls.CertificateRequestInfo) {
	s.accepts.Store(&r.AcceptableCAs)
}

func (s *handshakeRecord) noteConnection(c tls.ConnectionState) error {
	if len(c.PeerCertificates) > 0 {
		s.issuer.Store(&c.PeerCertificates[0].RawIssuer)
	}
	return nil
}

// Handshake returns what the member showed in the last handshake; the zero value before the first one.
func (t *TLS) Handshake() Handshake {
	var s Handshake
	if accepts := t.handshake.accepts.Load(); accepts != nil {
		s.Accepts = *accepts
	}
	if issuer := t.handshake.issuer.Load(); issuer != nil {
		s.Issuer = *issuer
	}
	if t.ca != nil && t.caFound {
		s.CAs = t.ca.certs
	}
	return s
}
