package credentials

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/util/cert"
)

// authority is a set of certificates to verify others with, and where they were found.
type authority struct {
	certs []*x509.Certificate
	from  string
}

// pair is a certificate with its key, and where it was found.
type pair struct {
	tls.Certificate
	from string

	secret, certKey, keyKey string // its Secret and the keys in it, or ""
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, c := range a.certs {
		pool.AddCert(c)
	}
	return pool
}

// verifies reports whether one of the authority's certificates verifies a chain for a usage. Dates and names are left to
// the handshake, which reports an expired certificate as expired.
func (a *authority) verifies(chain []*x509.Certificate, usage x509.ExtKeyUsage) bool {
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	for _, c := range a.certs {
		root := *c
		root.NotBefore, root.NotAfter = chain[0].NotBefore, chain[0].NotAfter // a renewed CA may be younger
		roots := x509.NewCertPool()
		roots.AddCert(&root)
		_, err := chain[0].Verify(x509.VerifyOptions{
			Roots: roots, Intermediates: intermediates, CurrentTime: chain[0].NotBefore, KeyUsages: []x509.ExtKeyUsage{usage},
		})
		if err == nil {
			return true
		}
	}
	return false
}

// chain returns the pair's certificates, the leaf first.
func (p *pair) chain() []*x509.Certificate {
	chain := []*x509.Certificate{p.Leaf}
	for _, der := range p.Certificate.Certificate[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			chain = append(chain, c)
		}
	}
	return chain
}

func (p *pair) validAt(now time.Time) bool {
	return !now.Before(p.Leaf.NotBefore) && !now.After(p.Leaf.NotAfter)
}

// parseCerts parses the certificates in a PEM text. Its errors do not have the text's content.
func parseCerts(text []byte) ([]*x509.Certificate, error) {
	certs, err := cert.ParseCertsPEM(text)
	if err == nil {
		return certs, nil
	}
	if beginsCertificate(text) {
		return nil, errors.New("it holds a certificate that cannot be parsed")
	}
	if block, _ := pem.Decode(text); block != nil {
		return nil, fmt.Errorf("it holds a PEM block of type %q, not a certificate", block.Type)
	}
	return nil, errors.New("it holds no certificate (PEM is expected)")
}

// beginsCertificate reports whether a text has the PEM header of a certificate, readable or not.
func beginsCertificate(text []byte) bool {
	return bytes.Contains(text, []byte("-----BEGIN "+cert.CertificateBlockType+"-----"))
}

// parsePair parses a certificate and its key.
func parsePair(certText, keyText []byte, from string) (*pair, error) {
	if _, err := parseCerts(certText); err != nil {
		return nil, fmt.Errorf("the certificate: %w", err)
	}
	block := keyBlock(keyText)
	switch {
	case block == nil:
		return nil, errors.New("the key: it holds no private key (PEM is expected)")
	case strings.Contains(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "":
		return nil, errors.New("the key: it is encrypted (etcd's tools accept only unencrypted keys)")
	}
	c, err := tls.X509KeyPair(certText, keyText)
	if err != nil && strings.Contains(err.Error(), "does not match") {
		err = errors.New("the key does not belong to the certificate")
	}
	if err != nil {
		return nil, err
	}
	return &pair{Certificate: c, from: from}, nil
}

// keyBlock returns the first private key in a PEM text, or nil.
func keyBlock(text []byte) *pem.Block {
	for {
		block, rest := pem.Decode(text)
		if block == nil || strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return block
		}
		text = rest
	}
}

// isAuthority reports whether a certificate is a CA's. Version 1 has no field for that: a self-issued one counts as a
// CA's.
func isAuthority(c *x509.Certificate) bool {
	return c.IsCA || c.Version < 3 && slices.Equal(c.RawSubject, c.RawIssuer)
}

// authorities returns the CA certificates in a Secret or ConfigMap, whatever their keys are called: ca.crt, ca.pem,
// etcd-client-ca.crt and others are in use.
func (c content) authorities() []*authority {
	var found []*authority
	for _, key := range slices.Sorted(maps.Keys(c.data)) {
		if certs, err := parseCerts(c.data[key]); err == nil && isAuthority(certs[0]) {
			found = append(found, &authority{certs, c.at(key)})
		}
	}
	return found
}

// pairs returns the certificates in a Secret that also has their private key, by the key of the certificate.
func (c content) pairs() map[string]*pair {
	found := map[string]*pair{}
	keys := slices.Sorted(maps.Keys(c.data))
	for _, certKey := range keys {
		if _, err := parseCerts(c.data[certKey]); err != nil {
			continue
		}
		for _, key := range keys {
			if keyBlock(c.data[key]) == nil {
				continue
			}
			if p, err := parsePair(c.data[certKey], c.data[key], c.at(certKey)); err == nil {
				p.secret, p.certKey, p.keyKey = c.name, certKey, key
				found[certKey] = p
				break
			}
		}
	}
	return found
}
