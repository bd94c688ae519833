package report

import (
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// Certificates are those of a cluster: what is kept, and what members show.
type Certificates struct {
	Head
	Certificates []Certificate `json:"certificates"`
	Rotation     *Rotation     `json:"rotation,omitempty"`   // of the CAs, where one is under way
	Incomplete   []string      `json:"incomplete,omitempty"` // what could not be looked at, and why
}

// RotationPhase is how far a replacement of the CAs has come.
type RotationPhase string

// The phases, each until the next has come.
const (
	RotationBegun   RotationPhase = "begun"   // not every member trusts the new CAs yet
	RotationTrusted RotationPhase = "trusted" // every member trusts the new CAs beside the old ones, which sign
	RotationSigned  RotationPhase = "signed"  // the new CAs have signed all certificates, and the old ones are still trusted
	RotationDone    RotationPhase = "done"    // the old CAs are trusted no more: there is none under way
)

// Rotation is a replacement of the CAs that is under way.
type Rotation struct {
	Phase   RotationPhase `json:"phase"`
	Message string        `json:"message"`
	Remedy  string        `json:"remedy"` // what comes next: what to do, and to type, one step a line
}

// Certificate is one of them. It has nothing of its key.
type Certificate struct {
	From        string    `json:"from,omitempty"` // where it is kept, or where the pods have it from
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	CA          bool      `json:"ca"`
	Names       []string  `json:"names"`
	Usages      []string  `json:"usages"`
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
	Expired     bool      `json:"expired"`
	Fingerprint string    `json:"fingerprint"` // SHA-256 of it
	ServedBy    []string  `json:"servedBy"`    // members, and to whom
	Note        string    `json:"note,omitempty"`
}

// Add adds a certificate that is kept somewhere, or shown by somebody, or both; the same one has one row.
func (c *Certificates) Add(from string, it *x509.Certificate, servedBy, note string, now time.Time) {
	sum := sha256.Sum256(it.Raw)
	fingerprint := hex.EncodeToString(sum[:])
	i := slices.IndexFunc(c.Certificates, func(x Certificate) bool { return x.Fingerprint == fingerprint })
	if i < 0 {
		i = len(c.Certificates)
		c.Certificates = append(c.Certificates, Certificate{
			From: from, Subject: it.Subject.String(), Issuer: it.Issuer.String(), CA: it.IsCA,
			Names: names(it), Usages: usages(it), NotBefore: it.NotBefore.UTC(), NotAfter: it.NotAfter.UTC(),
			Expired: now.After(it.NotAfter), Fingerprint: fingerprint, ServedBy: []string{}, Note: note,
		})
	}
	if servedBy != "" {
		c.Certificates[i].ServedBy = append(c.Certificates[i].ServedBy, servedBy)
	}
}

func names(c *x509.Certificate) []string {
	all := slices.Concat([]string{}, c.DNSNames)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	return all
}

func usages(c *x509.Certificate) []string {
	texts := []string{}
	if c.IsCA {
		texts = append(texts, "CA")
	}
	for _, usage := range c.ExtKeyUsage {
		switch usage {
		case x509.ExtKeyUsageServerAuth:
			texts = append(texts, "server")
		case x509.ExtKeyUsageClientAuth:
			texts = append(texts, "client")
		case x509.ExtKeyUsageAny:
			texts = append(texts, "any")
		default:
			texts = append(texts, fmt.Sprintf("usage %d", usage))
		}
	}
	return texts
}

// Expired names those that hold no more, and where they are from.
func (c Certificates) Expired() []string {
	var all []string
	for _, x := range c.Certificates {
		if x.Expired {
			all = append(all, fmt.Sprintf("%q (%s)", x.Subject, cmp.Or(x.From, "-")))
		}
	}
	return all
}

// Names returns what -o name prints.
func (c Certificates) Names() []string {
	var all []string
	for _, x := range c.Certificates {
		all = append(all, "certificate/"+x.Subject)
	}
	return all
}

// Issued tells of a certificate that was made for an application.
type Issued struct {
	Head
	CommonName string    `json:"commonName"` // "" where the certificate is no user's
	NotAfter   time.Time `json:"notAfter"`
	Secret     string    `json:"secret,omitempty"`
	Files      []string  `json:"files,omitempty"`
}

// Names returns what -o name prints.
func (i Issued) Names() []string {
	if i.Secret != "" {
		return []string{"secret/" + i.Secret}
	}
	return i.Files
}
