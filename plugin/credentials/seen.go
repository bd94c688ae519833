package credentials

import (
	"crypto/tls"
	"crypto/x509"
	"sync/atomic"
)

// Seen is what a member showed of its CAs when TLS was last spoken with it.
type Seen struct {
	Accepts [][]byte            // the subjects of the CAs whose client certificates it takes (RawSubject)
	Issuer  []byte              // the subject of the CA that issued its own (RawSubject)
	CAs     []*x509.Certificate // that were found in the cluster to verify it with; nil where the user gave others
}

// seen records what a member shows, as its side of a handshake comes.
type seen struct {
	accepts atomic.Pointer[[][]byte]
	issuer  atomic.Pointer[[]byte]
}

func (s *seen) request(r *tls.CertificateRequestInfo) { s.accepts.Store(&r.AcceptableCAs) }

func (s *seen) connection(c tls.ConnectionState) error {
	if len(c.PeerCertificates) > 0 {
		s.issuer.Store(&c.PeerCertificates[0].RawIssuer)
	}
	return nil
}

// Seen returns what the member showed last; the zero value is nothing yet.
func (t *TLS) Seen() Seen {
	var s Seen
	if accepts := t.seen.accepts.Load(); accepts != nil {
		s.Accepts = *accepts
	}
	if issuer := t.seen.issuer.Load(); issuer != nil {
		s.Issuer = *issuer
	}
	if t.ca != nil && t.found {
		s.CAs = t.ca.certs
	}
	return s
}
