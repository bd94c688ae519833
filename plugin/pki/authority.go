package pki

import (
	"crypto/x509"
	"errors"
	"fmt"

	"k8s.io/client-go/util/cert"
)

// The keys of a Secret. While an authority is being replaced, its Secret also holds the successor's certificate and key,
// and the predecessors' certificates.
const (
	CertKey     = "tls.crt"
	PrivateKey  = "tls.key"
	CAKey       = "ca.crt"
	nextCertKey = "next.crt"
	nextKey     = "next.key"
	oldCertKey  = "old.crt"
)

// Authority is a CA, which another CA may be replacing.
type Authority struct {
	Signer Pair                // the CA that signs certificates
	Next   *Pair               // the successor: trusted, but not signing yet; nil if there is none
	Old    []*x509.Certificate // predecessors: trusted, but no longer signing
}

// Trusted returns the CA certificates to trust, the signer's first.
func (a *Authority) Trusted() []*x509.Certificate {
	trusted := []*x509.Certificate{a.Signer.Cert}
	if a.Next != nil {
		trusted = append(trusted, a.Next.Cert)
	}
	return append(trusted, a.Old...)
}

// Signed reports whether the present signer signed the certificate.
func (a *Authority) Signed(c *x509.Certificate) bool {
	return c.CheckSignatureFrom(a.Signer.Cert) == nil
}

// Succeed makes the successor the signer, and the signer the first of the predecessors. Next must not be nil.
func (a *Authority) Succeed() {
	a.Old = append([]*x509.Certificate{a.Signer.Cert}, a.Old...)
	a.Signer, a.Next = *a.Next, nil
}

// ParseAuthority parses a Secret's data as Data returns it. Errors name the Secret's keys and reveal none of their
// content.
func ParseAuthority(data map[string][]byte) (*Authority, error) {
	signer, err := Parse(data[CertKey], data[PrivateKey])
	if err != nil {
		return nil, fmt.Errorf("keys %q and %q: %w", CertKey, PrivateKey, err)
	}
	if !signer.Cert.IsCA {
		return nil, fmt.Errorf("key %q: the certificate is not a CA certificate", CertKey)
	}
	a := &Authority{Signer: signer}
	if len(data[nextCertKey]) > 0 {
		next, err := Parse(data[nextCertKey], data[nextKey])
		if err != nil {
			return nil, fmt.Errorf("keys %q and %q: %w", nextCertKey, nextKey, err)
		}
		if !next.Cert.Equal(signer.Cert) { // equal if the Secret was restored to a state before the succession
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

// Data returns the data of the authority's Secret.
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

// Files returns the data of a leaf's Secret: the certificate, its key, and the CAs that the leaf's owner must trust.
func (p Pair) Files(trusted []*x509.Certificate) (map[string][]byte, error) {
	data, err := p.data(CertKey, PrivateKey)
	if err != nil {
		return nil, err
	}
	data[CAKey], err = cert.EncodeCertificates(trusted...)
	return data, err
}
