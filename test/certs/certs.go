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

// The span in which a certificate is valid, from now, where a Spec gives none.
const (
	defaultFrom  = -time.Hour
	defaultUntil = 24 * time.Hour
)

// Spec says what a certificate is for.
type Spec struct {
	CommonName  string
	Hosts       []string // names and addresses
	Usages      []x509.ExtKeyUsage
	CA          bool
	From, Until time.Duration // from now
}

// Pair is a certificate with its key, as PEM.
type Pair struct {
	Cert, Key []byte

	leaf   *x509.Certificate
	signer crypto.Signer
}

// Load reads a pair that was written before.
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

// SelfSigned makes a certificate that vouches for itself: a CA, say.
func SelfSigned(s Spec) (*Pair, error) { return issue(s, nil, nil) }

// Renew makes a certificate that vouches for itself of the key that p has.
func (p *Pair) Renew(s Spec) (*Pair, error) { return issue(s, p.signer, nil) }

// Issue makes a certificate that p vouches for.
func (p *Pair) Issue(s Spec) (*Pair, error) { return issue(s, nil, p) }

// issue signs with the key of another, or its own; that is a new one where none is given.
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
