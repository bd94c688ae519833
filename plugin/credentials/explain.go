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

// skip is what lets somebody look at a cluster whose certificate is no good.
const skip = "--etcd-insecure-skip-tls-verify does without"

// explain says what is wrong with which certificate.
func (t *TLS) explain(err error) error {
	return fmt.Errorf("TLS to pod %s: %w", t.pod, t.reason(err, time.Now()))
}

func (t *TLS) reason(err error, now time.Time) error {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &verification):
		return reasonError{t.unverified(verification, now), err}
	case errors.As(err, &record):
		return reasonError{"it serves plain text on that port, no TLS", err}
	case alert(err) != "":
		return reasonError{t.refusal(alert(err), now), err}
	case errors.Is(err, io.EOF):
		return reasonError{"it closed the connection during the handshake, as a server does that speaks no TLS there", err}
	}
	return err
}

// reasonError is an error in words of ours, with what it came from.
type reasonError struct {
	text string
	err  error
}

func (e reasonError) Error() string { return e.text }
func (e reasonError) Unwrap() error { return e.err }

// unverified says why the server's certificate is not accepted.
func (t *TLS) unverified(err *tls.CertificateVerificationError, now time.Time) string {
	leaf := err.UnverifiedCertificates[0]
	server := "the server's certificate " + subject(leaf)
	if t.cert != "" {
		server += " (" + t.cert + ")"
	}
	var host x509.HostnameError
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &host):
		return fmt.Sprintf("%s is for %s, and not for %q, which the member advertises (issue it for that name too; %s)", server, names(leaf), t.name, skip)
	case errors.As(err, &unknown):
		return fmt.Sprintf("%s was issued by %q, and not by the CA that it is verified with: %s from %s (pass the right one with --etcd-cacert; %s)",
			server, leaf.Issuer.String(), t.ca.subjects(), t.ca.from, skip)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		what := server
		if invalid.Cert != nil && !bytes.Equal(invalid.Cert.Raw, leaf.Raw) {
			what = fmt.Sprintf("the CA certificate %s, which %s depends on,", subject(invalid.Cert), server)
		} else {
			invalid.Cert = leaf
		}
		remedy := "renew it"
		if now.Before(invalid.Cert.NotBefore) {
			remedy = "see whether the clocks are right"
		}
		return fmt.Sprintf("%s %s (%s; %s)", what, dates(invalid.Cert, now), remedy, skip)
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return fmt.Sprintf("%s is not one for servers: its extended key usage lacks server auth (issue it with that; %s)", server, skip)
	}
	return fmt.Sprintf("%s is not accepted: %v (%s)", server, err.Err, skip)
}

// refusal says what the server has against the client's certificate. Which alert it sends for what is in crypto/tls,
// handshake_server.go, processCertsFromClient.
func (t *TLS) refusal(alert string, now time.Time) string {
	reason := strings.TrimPrefix(alert, "tls: ")
	const flags = "(pass another with --etcd-cert and --etcd-key, or --etcd-tls-secret)"
	if t.pair == nil {
		switch reason {
		case "certificate required", "bad certificate":
			return "the server demands a client certificate, and there is none to show (pass one with --etcd-cert and --etcd-key, or --etcd-tls-secret)"
		}
		return fmt.Sprintf("the server ended the handshake: %s", reason)
	}
	client := fmt.Sprintf("the server does not accept the client certificate %s from %s", subject(t.pair.Leaf), t.pair.from)
	switch {
	case !t.pair.validAt(now):
		return fmt.Sprintf("%s: it %s %s", client, dates(t.pair.Leaf, now), flags)
	case reason == "unknown certificate authority":
		return fmt.Sprintf("%s: its issuer %q is not among the CAs that the server trusts %s", client, t.pair.Leaf.Issuer.String(), flags)
	case reason == "bad certificate" && !forClients(t.pair, nil):
		return fmt.Sprintf("%s: its extended key usage lacks client auth %s", client, flags)
	}
	return fmt.Sprintf("%s: %s %s", client, reason, flags)
}

func dates(c *x509.Certificate, now time.Time) string {
	if now.Before(c.NotBefore) {
		return fmt.Sprintf("is not valid before %s, and here it is %s", stamp(c.NotBefore), stamp(now))
	}
	return fmt.Sprintf("expired on %s, %s", stamp(c.NotAfter), humanize.RelTime(c.NotAfter, now, "ago", "from now"))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// subject names a certificate for people.
func subject(c *x509.Certificate) string {
	if name := c.Subject.String(); name != "" {
		return fmt.Sprintf("%q", name)
	}
	return "of " + names(c)
}

// names lists what a certificate is for.
func names(c *x509.Certificate) string {
	all := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return "no name at all (a common name does not count)"
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
