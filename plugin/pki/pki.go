// Package pki creates and checks certificates: CAs, and the leaf certificates that they sign. It does no I/O and has no
// knowledge of etcd or Kubernetes.
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
	// AuthorityLife is how long a CA is valid.
	AuthorityLife = 10 * 365 * 24 * time.Hour
	// LeafLife is how long a leaf is valid by default.
	LeafLife = 365 * 24 * time.Hour
	// RenewBefore is how long before its expiry a leaf should be renewed: long enough to repair a failed renewal.
	RenewBefore = 30 * 24 * time.Hour

	// SuffixLength is the number of hexadecimal digits that NewAuthority appends to a common name, after a space.
	SuffixLength = 8

	// skew is how far a verifier's clock may be behind.
	skew = time.Hour
	// serialBits is the largest size of a serial number (RFC 5280, 4.1.2.2: positive, at most 20 octets).
	serialBits = 159
)

// Pair is a certificate with its private key.
type Pair struct {
	Cert *x509.Certificate
	key  crypto.Signer
}

// Leaf describes a leaf certificate to issue.
type Leaf struct {
	CommonName string        // "" for clients of etcd's HTTP gateway, which refuses certificates with a common name
	Names      []string      // DNS names and IP addresses
	Server     bool          // adds the usage server auth; every leaf has client auth
	Life       time.Duration // 0 is LeafLife
}

// NewAuthority creates a self-signed CA. It appends a random suffix to the common name: a server lists the CAs that it
// trusts by subject only, so two CAs must not have the same subject.
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
		IsCA:         true, BasicConstraintsValid: true, MaxPathLenZero: true, // it may sign leaves only
	}
	return sign(template, AuthorityLife, nil)
}

// Issue creates a leaf that p signs. The leaf expires no later than p. Issue fails if p has expired.
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

// subject returns a subject that is never empty: some TLS libraries refuse a certificate that has neither a subject nor
// other names.
func (l Leaf) subject() pkix.Name {
	if l.CommonName == "" {
		return pkix.Name{Organization: []string{"etcd client without a user"}}
	}
	return pkix.Name{CommonName: l.CommonName}
}

// sign creates a key and its certificate, which by signs; it is self-signed if by is nil.
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
			return Pair{}, fmt.Errorf("the CA %q expired on %s", parent.Subject.CommonName, parent.NotAfter.UTC().Format(time.RFC3339))
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
		if err != nil || serial.BitLen() > serialBits/2 { // a short one has too few bytes for the suffix
			return serial, err
		}
	}
}

// Parse parses a certificate and its private key, both PEM. It fails if they do not belong together. Errors reveal
// nothing of the content.
func Parse(certPEM, keyPEM []byte) (Pair, error) {
	c, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return Pair{}, err
	}
	signer, ok := c.PrivateKey.(crypto.Signer)
	if !ok {
		return Pair{}, errors.New("the private key cannot sign")
	}
	return Pair{Cert: c.Leaf, key: signer}, nil
}

// Validity returns the validity that a certificate of this package was issued for.
func Validity(c *x509.Certificate) time.Duration { return c.NotAfter.Sub(c.NotBefore) - skew }

// CertPEM returns the certificate as PEM.
func (p Pair) CertPEM() ([]byte, error) { return cert.EncodeCertificates(p.Cert) }

// KeyPEM returns the key as PEM.
func (p Pair) KeyPEM() ([]byte, error) { return keyutil.MarshalPrivateKeyToPEM(p.key) }

// Missing returns those names that a certificate does not have. It compares literally: a wildcard matches only itself.
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

// Names returns a certificate's DNS names and IP addresses.
func Names(c *x509.Certificate) []string {
	names := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}
