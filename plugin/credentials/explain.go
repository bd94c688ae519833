package credentials

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// skipHint says how to connect in spite of a certificate that cannot be verified.
const skipHint = "or pass --etcd-insecure-skip-tls-verify"

// explain returns an error that says which certificate is wrong, and why. The words before the brackets are short, for a
// table.
func (t *TLS) explain(err error) error {
	var verification *tls.CertificateVerificationError
	if errors.As(err, &verification) || alert(err) != "" {
		t.accessDenied.Store(true)
	}
	return fmt.Errorf("TLS to pod %s: %w", t.pod, t.reason(err, time.Now()))
}

func (t *TLS) reason(err error, now time.Time) error {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &verification):
		return reasonError{t.unverified(verification, now), err}
	case errors.As(err, &record):
		return reasonError{"server does not use TLS", err}
	case alert(err) != "":
		return reasonError{t.refusal(alert(err), now), err}
	case errors.Is(err, io.EOF):
		return reasonError{"server does not use TLS, or is stopping (it closed the connection during the handshake)", err}
	}
	return err
}

// reasonError replaces the text of an error that it wraps.
type reasonError struct {
	text string
	err  error
}

func (e reasonError) Error() string { return e.text }
func (e reasonError) Unwrap() error { return e.err }

// unverified says why the server's certificate is not accepted.
func (t *TLS) unverified(err *tls.CertificateVerificationError, now time.Time) string {
	leaf := err.UnverifiedCertificates[0]
	server := subject(leaf)
	if t.cert != "" {
		server += ", " + t.cert
	}
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &host):
		return fmt.Sprintf("server certificate for another name (%s: it is for %s, and the member advertises %q; issue it for that name too, %s)", server, names(leaf), t.name, skipHint)
	case errors.As(err, &unknown):
		return fmt.Sprintf("server certificate of unknown issuer (%s: it was issued by %q, and is verified with %s from %s; pass its CA with --etcd-cacert, %s)",
			server, leaf.Issuer.String(), t.ca.subjects(), t.ca.from, skipHint)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		what := "server certificate"
		if invalid.Cert != nil && !bytes.Equal(invalid.Cert.Raw, leaf.Raw) {
			what, server = "server certificate's CA", subject(invalid.Cert)+" for "+server
		} else {
			invalid.Cert = leaf
		}
		if now.Before(invalid.Cert.NotBefore) {
			return fmt.Sprintf("%s is not valid yet (%s: it is valid from %s, and the time here is %s; check the clocks, %s)", what, server, stamp(invalid.Cert.NotBefore), stamp(now), skipHint)
		}
		return fmt.Sprintf("%s %s (%s: on %s; renew it, %s)", what, expired(invalid.Cert, now), server, stamp(invalid.Cert.NotAfter), skipHint)
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return fmt.Sprintf("server certificate is not for servers (%s: its extended key usage lacks server auth; issue it with that usage, %s)", server, skipHint)
	}
	return fmt.Sprintf("server certificate not accepted (%s: %v; %s)", server, err.Err, skipHint)
}

// refusal says why the server does not accept the client's certificate. Which alert it sends for which reason is in
// crypto/tls, handshake_server.go, processCertsFromClient.
func (t *TLS) refusal(alert string, now time.Time) string {
	reason := strings.TrimPrefix(alert, "tls: ")
	if t.pair == nil {
		switch reason {
		case "certificate required", "bad certificate":
			return "client certificate required (none is configured: pass one with --etcd-cert and --etcd-key, or --etcd-tls-secret)"
		}
		return fmt.Sprintf("the server ended the handshake (%s)", reason)
	}
	leaf := t.pair.Leaf
	client := subject(leaf) + " from " + t.pair.from
	const flags = "pass another with --etcd-cert and --etcd-key, or --etcd-tls-secret"
	switch {
	case now.Before(leaf.NotBefore):
		return fmt.Sprintf("client certificate not valid yet (%s: it is valid from %s, and the time here is %s; %s)", client, stamp(leaf.NotBefore), stamp(now), flags)
	case now.After(leaf.NotAfter):
		return fmt.Sprintf("the client certificate %s (%s: on %s; %s)", expired(leaf, now), client, stamp(leaf.NotAfter), flags)
	case reason == "unknown certificate authority":
		return fmt.Sprintf("client certificate of untrusted issuer (%s: it was issued by %q; %s)", client, leaf.Issuer.String(), flags)
	case reason == "bad certificate" && !forClients(t.pair, nil):
		return fmt.Sprintf("client certificate is not for clients (%s: its extended key usage lacks client auth; %s)", client, flags)
	}
	return fmt.Sprintf("client certificate not accepted (%s: %s; %s)", client, reason, flags)
}

func expired(c *x509.Certificate, now time.Time) string {
	return "expired " + humanize.RelTime(c.NotAfter, now, "ago", "from now")
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// subject returns the subject of a certificate, or else its names, for display.
func subject(c *x509.Certificate) string {
	if name := c.Subject.String(); name != "" {
		return fmt.Sprintf("%q", name)
	}
	return "of " + names(c)
}

// names lists the DNS names and IPs of a certificate.
func names(c *x509.Certificate) string {
	all := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no name, because a common name does not count"
	}
	return strings.Join(all, ", ")
}

func (a *authority) subjects() string {
	var texts []string
	for _, c := range a.certs {
		texts = append(texts, subject(c))
	}
	return strings.Join(texts, ", ")
}
