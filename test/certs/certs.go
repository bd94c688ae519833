// Package certs makes certificates for tests.
package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// The validity of a certificate, from now, if a Spec gives none.
const (
	defaultFrom  = -time.Hour
	defaultUntil = 24 * time.Hour
)

// Spec describes a certificate to issue.
type Spec struct {
	CommonName  string
	Hosts       []string // DNS names and IP addresses
	Usages      []x509.ExtKeyUsage
	CA          bool
	From, Until time.Duration // relative to now
}

// Pair is a certificate with its key, as PEM.
type Pair struct {
	Cert, Key []byte

	leaf   *x509.Certificate
	signer crypto.Signer
}

// Load parses a pair from PEM.
func Load(cert, key []byte) (*Pair, error) {
	c, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	signer, ok := c.PrivateKey.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a private key of type %T signs nothing", c.PrivateKey)
	}
	return &Pair{Cert: cert, Key: key, leaf: c.Leaf, signer: signer}, nil
}

// SelfSigned makes a self-signed certificate with a new key, for example a CA.
func SelfSigned(s Spec) (*Pair, error) { return issue(s, nil, nil) }

// Renew makes a self-signed certificate with p's key.
func (p *Pair) Renew(s Spec) (*Pair, error) { return issue(s, p.signer, nil) }

// Issue makes a certificate with a new key that p signs.
func (p *Pair) Issue(s Spec) (*Pair, error) { return issue(s, nil, p) }

// issue signs with by's key, or self-signs if by is nil. Without key it makes a new one.
func issue(s Spec, key crypto.Signer, by *Pair) (*Pair, error) {
	if key == nil {
		made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		key = made
	}
	template, err := s.template()
	if err != nil {
		return nil, err
	}
	parent, signer := template, key
	if by != nil {
		parent, signer = by.leaf, by.signer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return Load(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	)
}

func (s Spec) template() (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, err
	}
	if s.From == 0 {
		s.From = defaultFrom
	}
	if s.Until == 0 {
		s.Until = defaultUntil
	}
	now := time.Now()
	c := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: s.CommonName},
		NotBefore:    now.Add(s.From), NotAfter: now.Add(s.Until),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: s.Usages,
		BasicConstraintsValid: true, IsCA: s.CA,
	}
	if s.CA {
		c.KeyUsage |= x509.KeyUsageCertSign
	}
	for _, host := range s.Hosts {
		if ip := net.ParseIP(host); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, host)
		}
	}
	return c, nil
}
