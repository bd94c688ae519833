package credentials

import (
	"crypto/x509"
	"encoding/pem"

	"k8s.io/client-go/util/cert"
)

// PEM is what a client needs for TLS with a member, in the encoding of files; nil means that there is none.
type PEM struct{ CA, Cert, Key []byte }

// PEM returns the credentials for other clients than ours, or the error why no connection can be made.
func (t *TLS) PEM() (PEM, error) {
	if t.err != nil {
		return PEM{}, t.err
	}
	var p PEM
	if t.ca != nil {
		for _, c := range t.ca.certs {
			p.CA = append(p.CA, encode(cert.CertificateBlockType, c.Raw)...)
		}
	}
	if t.pair == nil {
		return p, nil
	}
	for _, der := range t.pair.Certificate.Certificate {
		p.Cert = append(p.Cert, encode(cert.CertificateBlockType, der)...)
	}
	key, err := x509.MarshalPKCS8PrivateKey(t.pair.PrivateKey)
	p.Key = encode("PRIVATE KEY", key)
	return p, err
}

func encode(block string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: block, Bytes: der})
}
