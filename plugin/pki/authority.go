package pki

import (
	"crypto/x509"
	"errors"
	"fmt"

	"k8s.io/client-go/util/cert"
)

// The keys of a Secret. An authority has, beside its certificate and key, those of its successor and the certificates
// of its predecessors, while one is being replaced.
const (
	CertKey     = "tls.crt"
	PrivateKey  = "tls.key"
	CAKey       = "ca.crt"
	nextCertKey = "next.crt"
	nextKey     = "next.key"
	oldCertKey  = "old.crt"
)

// Authority is who vouches for certificates, also while it is being replaced by another.
type Authority struct {
	Signer Pair
	Next   *Pair               // trusted already, and the signer to come; or nil
	Old    []*x509.Certificate // signers no more, and trusted still
}

// Trusted returns whom to trust, the signer first.
func (a *Authority) Trusted() []*x509.Certificate {
	trusted := []*x509.Certificate{a.Signer.Cert}
	if a.Next != nil {
		trusted = append(trusted, a.Next.Cert)
	}
	return append(trusted, a.Old...)
}

// Signed reports whether the signer has signed a certificate.
func (a *Authority) Signed(c *x509.Certificate) bool {
	return c.CheckSignatureFrom(a.Signer.Cert) == nil
}

// Succeed makes the successor the signer.
func (a *Authority) Succeed() {
	a.Old = append([]*x509.Certificate{a.Signer.Cert}, a.Old...)
	a.Signer, a.Next = *a.Next, nil
}

// ParseAuthority reads what Data returned.
func ParseAuthority(data map[string][]byte) (*Authority, error) {
	signer, err := Parse(data[CertKey], data[PrivateKey])
	if err != nil {
		return nil, fmt.Errorf("keys %q and %q: %w", CertKey, PrivateKey, err)
	}
	if !signer.Cert.IsCA {
		return nil, fmt.Errorf("key %q: the certificate is no CA's", CertKey)
	}
	a := &Authority{Signer: signer}
	if len(data[nextCertKey]) > 0 {
		next, err := Parse(data[nextCertKey], data[nextKey])
		if err != nil {
			return nil, fmt.Errorf("keys %q and %q: %w", nextCertKey, nextKey, err)
		}
		if !next.Cert.Equal(signer.Cert) { // somebody restored what it was before it succeeded
			a.Next = &next
		}
	}
	if len(data[oldCertKey]) > 0 {
		if a.Old, err = cert.ParseCertsPEM(data[oldCertKey]); err != nil {
			return nil, fmt.Errorf("key %q: %w", oldCertKey, err)
		}
	}
	return a, nil
}

// Data returns what a Secret is to hold of the authority.
func (a *Authority) Data() (map[string][]byte, error) {
	data, err := a.Signer.data(CertKey, PrivateKey)
	if err != nil {
		return nil, err
	}
	if a.Next != nil {
		next, err := a.Next.data(nextCertKey, nextKey)
		if err != nil {
			return nil, err
		}
		data[nextCertKey], data[nextKey] = next[nextCertKey], next[nextKey]
	}
	if len(a.Old) > 0 {
		if data[oldCertKey], err = cert.EncodeCertificates(a.Old...); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (p Pair) data(certKey, key string) (map[string][]byte, error) {
	certPEM, certErr := p.CertPEM()
	keyPEM, keyErr := p.KeyPEM()
	return map[string][]byte{certKey: certPEM, key: keyPEM}, errors.Join(certErr, keyErr)
}

// Files returns what a leaf's Secret is to hold: the pair, and whom who shows it is to trust.
func (p Pair) Files(trusted []*x509.Certificate) (map[string][]byte, error) {
	data, err := p.data(CertKey, PrivateKey)
	if err != nil {
		return nil, err
	}
	data[CAKey], err = cert.EncodeCertificates(trusted...)
	return data, err
}
