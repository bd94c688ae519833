package pki

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/client-go/util/cert"
)

// Requirements holds the requirements on a certificate that the user provides.
type Requirements struct {
	Hosts  []string // the certificate must be valid for each, as a client dials it
	Server bool     // requires the usage server auth; client auth is always required
	Now    time.Time
}

// Checked is a valid certificate, and the CAs in its Secret.
type Checked struct {
	Cert    *x509.Certificate
	Trusted []*x509.Certificate
}

// Check checks a Secret's data: all keys are there, the private key belongs to the certificate, the dates, names and
// usages are as required, and a CA in the Secret signed the certificate. If data is missing or does not parse, the error
// is about that; otherwise it joins all problems. It reveals nothing of a key.
func (w Requirements) Check(data map[string][]byte) (Checked, error) {
	var c Checked
	var missing []string
	for _, key := range []string{CertKey, PrivateKey, CAKey} {
		if len(data[key]) == 0 {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		return c, fmt.Errorf("it lacks the key %s", strings.Join(missing, ", "))
	}
	pair, err := Parse(data[CertKey], data[PrivateKey])
	if err != nil {
		return c, fmt.Errorf("%s and %s: %w", CertKey, PrivateKey, err)
	}
	chain, err := cert.ParseCertsPEM(data[CertKey])
	if err != nil {
		return c, fmt.Errorf("%s: %w", CertKey, err)
	}
	c.Cert = pair.Cert
	if c.Trusted, err = cert.ParseCertsPEM(data[CAKey]); err != nil {
		return c, fmt.Errorf("%s: %w", CAKey, err)
	}
	return c, errors.Join(w.dates(c.Cert), w.names(c.Cert), w.usages(c.Cert), w.signedBy(chain, c.Trusted))
}

func (w Requirements) dates(c *x509.Certificate) error {
	switch {
	case w.Now.After(c.NotAfter):
		return fmt.Errorf("the certificate %q expired on %s", c.Subject.String(), c.NotAfter.UTC().Format(time.RFC3339))
	case w.Now.Before(c.NotBefore):
		return fmt.Errorf("the certificate %q is not valid before %s", c.Subject.String(), c.NotBefore.UTC().Format(time.RFC3339))
	}
	return nil
}

func (w Requirements) names(c *x509.Certificate) error {
	var missing []string
	for _, host := range w.Hosts {
		if c.VerifyHostname(host) != nil {
			missing = append(missing, host)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("the certificate %q is not for %s: it has the names %s", c.Subject.String(), strings.Join(missing, ", "), orNone(Names(c)))
}

func (w Requirements) usages(c *x509.Certificate) error {
	has := map[x509.ExtKeyUsage]bool{}
	for _, usage := range c.ExtKeyUsage {
		has[usage] = true
	}
	if len(c.ExtKeyUsage) == 0 || has[x509.ExtKeyUsageAny] {
		return nil // valid for every usage
	}
	var missing []string
	if w.Server && !has[x509.ExtKeyUsageServerAuth] {
		missing = append(missing, "server auth")
	}
	if !has[x509.ExtKeyUsageClientAuth] {
		missing = append(missing, "client auth")
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("the certificate %q lacks the usage %s", c.Subject.String(), strings.Join(missing, " and "))
}

func (w Requirements) signedBy(chain, trusted []*x509.Certificate) error {
	roots, intermediates := x509.NewCertPool(), x509.NewCertPool()
	for _, c := range trusted {
		roots.AddCert(c)
	}
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	at := w.Now
	if w.dates(chain[0]) != nil { // Check reports wrong dates separately
		at = chain[0].NotBefore
	}
	_, err := chain[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: intermediates, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err == nil {
		return nil
	}
	return fmt.Errorf("the CA in %s does not verify the certificate %q: %w", CAKey, chain[0].Subject.String(), err)
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
