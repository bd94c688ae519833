// Package pki makes certificates: authorities, and the leaves that they vouch for. It reads and writes nothing, and
// knows neither etcd nor Kubernetes.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

const (
	// AuthorityLife is how long a CA holds.
	AuthorityLife = 10 * 365 * 24 * time.Hour
	// LeafLife is how long a leaf holds.
	LeafLife = 365 * 24 * time.Hour
	// RenewBefore is when a leaf is worth renewing: while there is still time to find out why it was not.
	RenewBefore = 30 * 24 * time.Hour

	// SuffixLength is that of what NewAuthority adds to a common name, after a space: hexadecimal digits.
	SuffixLength = 8

	// skew is how far the clocks of those who verify may be behind.
	skew = time.Hour
	// serialBits is as random as a serial number may be (RFC 5280, 4.1.2.2: at most 20 octets, positive).
	serialBits = 159
)

// Pair is a certificate with its key.
type Pair struct {
	Cert *x509.Certificate
	key  crypto.Signer
}

// Leaf says what a certificate is for.
type Leaf struct {
	CommonName string   // "" is for clients of etcd's HTTP gateway, which refuses certificates with one
	Names      []string // DNS names and addresses
	Server     bool     // for servers; all are for clients
	Life       time.Duration
}

// NewAuthority makes a CA. The name gets a suffix of its own: a server tells clients whom it trusts by subjects, and so
// one CA can be told from the next of the same name.
func NewAuthority(commonName string) (Pair, error) {
	serial, err := newSerial()
	if err != nil {
		return Pair{}, err
	}
	suffix := hex.EncodeToString(serial.Bytes()[:SuffixLength/2])
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: commonName + " " + suffix},
		KeyUsage:     x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:         true, BasicConstraintsValid: true, MaxPathLenZero: true, // it vouches for leaves alone
	}
	return sign(template, AuthorityLife, nil)
}

// Issue makes a leaf. It holds no longer than the CA does.
func (p Pair) Issue(l Leaf) (Pair, error) {
	serial, err := newSerial()
	if err != nil {
		return Pair{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      l.subject(),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true,
	}
	if l.Server {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	for _, name := range l.Names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	if l.Life == 0 {
		l.Life = LeafLife
	}
	return sign(template, l.Life, &p)
}

// subject is never empty: some TLS libraries refuse a certificate that has neither a subject nor other names.
func (l Leaf) subject() pkix.Name {
	if l.CommonName == "" {
		return pkix.Name{Organization: []string{"etcd client without a user"}}
	}
	return pkix.Name{CommonName: l.CommonName}
}

// sign makes a key, and the certificate for it, signed by another or by itself.
func sign(template *x509.Certificate, life time.Duration, by *Pair) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, err
	}
	now := time.Now()
	template.NotBefore, template.NotAfter = now.Add(-skew), now.Add(life)
	parent, signer := template, crypto.Signer(key)
	if by != nil {
		parent, signer = by.Cert, by.key
		if template.NotAfter.After(parent.NotAfter) {
			template.NotAfter = parent.NotAfter
		}
		if now.After(parent.NotAfter) {
			return Pair{}, fmt.Errorf("the CA %q has expired on %s", parent.Subject.CommonName, parent.NotAfter.UTC().Format(time.RFC3339))
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return Pair{}, err
	}
	made, err := x509.ParseCertificate(der)
	return Pair{Cert: made, key: key}, err
}

func newSerial() (*big.Int, error) {
	for {
		serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
		if err != nil || serial.BitLen() > serialBits/2 { // one that is short by chance has no suffix to give
			return serial, err
		}
	}
}

// Parse reads a pair. What it says of one that is no good tells nothing of its content.
func Parse(certPEM, keyPEM []byte) (Pair, error) {
	c, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return Pair{}, err
	}
	signer, ok := c.PrivateKey.(crypto.Signer)
	if !ok {
		return Pair{}, errors.New("the private key signs nothing")
	}
	return Pair{Cert: c.Leaf, key: signer}, nil
}

// Life returns how long a certificate of this package was asked to hold.
func Life(c *x509.Certificate) time.Duration { return c.NotAfter.Sub(c.NotBefore) - skew }

// CertPEM returns the certificate as PEM.
func (p Pair) CertPEM() ([]byte, error) { return cert.EncodeCertificates(p.Cert) }

// KeyPEM returns the key as PEM.
func (p Pair) KeyPEM() ([]byte, error) { return keyutil.MarshalPrivateKeyToPEM(p.key) }

// Missing returns those of some names that a certificate is not for. A wildcard has to stand in it as it is.
func Missing(c *x509.Certificate, names []string) []string {
	has := map[string]bool{}
	for _, name := range c.DNSNames {
		has[name] = true
	}
	for _, ip := range c.IPAddresses {
		has[ip.String()] = true
	}
	var missing []string
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			name = ip.String()
		}
		if !has[name] {
			missing = append(missing, name)
		}
	}
	return missing
}

// Names returns all that a certificate is for.
func Names(c *x509.Certificate) []string {
	names := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}
