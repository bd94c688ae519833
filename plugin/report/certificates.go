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

// Certificates lists a cluster's certificates: those stored in Secrets or files, and those that members serve.
type Certificates struct {
	Head
	Certificates []Certificate `json:"certificates"`
	Rotation     *Rotation     `json:"rotation,omitempty"`   // of the CAs, if one is in progress
	Incomplete   []string      `json:"incomplete,omitempty"` // what could not be read, and why
}

// RotationPhase is how far a replacement of the CAs has come.
type RotationPhase string

// The phases, in order.
const (
	RotationBegun   RotationPhase = "begun"   // not every member trusts the new CAs yet
	RotationTrusted RotationPhase = "trusted" // every member trusts the new CAs and the old ones; the old ones still sign
	RotationSigned  RotationPhase = "signed"  // the new CAs have signed all certificates; the old ones are still trusted
	RotationDone    RotationPhase = "done"    // the old CAs are no longer trusted: the replacement is complete
)

// Rotation is a replacement of the CAs in progress.
type Rotation struct {
	Phase   RotationPhase `json:"phase"`
	Message string        `json:"message"`
	Remedy  string        `json:"remedy"` // the next steps, one a line
}

// Certificate is one certificate. It never contains the private key.
type Certificate struct {
	From        string    `json:"from,omitempty"` // where it is stored, or where the pods load it from
	Subject     string    `json:"subject"`
	Issuer      string    `json:"issuer"`
	CA          bool      `json:"ca"`
	Names       []string  `json:"names"`
	Usages      []string  `json:"usages"`
	NotBefore   time.Time `json:"notBefore"`
	NotAfter    time.Time `json:"notAfter"`
	Expired     bool      `json:"expired"`
	Fingerprint string    `json:"fingerprint"` // SHA-256, hex
	ServedBy    []string  `json:"servedBy"`    // members, and whether to clients or peers
	Note        string    `json:"note,omitempty"`
}

// Add adds a certificate: from is where it is stored, servedBy the member that serves it; each may be empty. A certificate
// that is already listed keeps its row, and servedBy is appended to it.
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

// Expired returns the subjects of the expired certificates, each with where it is stored.
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

// Issued is a client certificate issued for an application.
type Issued struct {
	Head
	CommonName string    `json:"commonName"` // the etcd user; "" for a certificate without a user
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
