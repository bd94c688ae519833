package pki

import (
	"crypto/x509"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestLives: the validity of each kind of certificate, which begins an hour ago for clocks that are behind.
func TestLives(t *testing.T) {
	const day = 24 * time.Hour
	ca := newAuthority(t, "ca")
	for name, c := range map[string]struct {
		cert *x509.Certificate
		want time.Duration
	}{
		"a CA: ten years":               {ca.Cert, 3650 * day},
		"a leaf: a year":                {issue(t, ca, Leaf{CommonName: "a"}).Cert, 365 * day},
		"a leaf that is asked for less": {issue(t, ca, Leaf{CommonName: "a", Life: 7 * day}).Cert, 7 * day},
	} {
		if got := Validity(c.cert); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if since := time.Since(c.cert.NotBefore).Round(time.Minute); since != time.Hour {
			t.Errorf("%s: valid since %s", name, since)
		}
	}
	if RenewBefore != 30*day {
		t.Errorf("a leaf is worth renewing %s before its end", RenewBefore)
	}
}

// TestLeafEndsBeforeItsAuthority: a CA that expires after the leaf does not shorten the leaf's validity.
func TestLeafEndsBeforeItsAuthority(t *testing.T) {
	ca := newAuthority(t, "ca")
	if got := issue(t, ca, Leaf{Life: time.Hour}).Cert.NotAfter; !got.Before(time.Now().Add(2 * time.Hour)) {
		t.Errorf("the leaf was to hold an hour, and does until %s; the CA until %s", got, ca.Cert.NotAfter)
	}
}

// TestSubjects: a CA's common name ends with random digits, and a leaf without a common name has a subject.
func TestSubjects(t *testing.T) {
	ca := newAuthority(t, "etcd peer CA")
	if name := ca.Cert.Subject.CommonName; !regexp.MustCompile(`^etcd peer CA [0-9a-f]{8}$`).MatchString(name) {
		t.Errorf("the CA is called %q", name)
	}
	if n := ca.Cert.SerialNumber.BitLen(); n <= 79 || n > 159 {
		t.Errorf("a serial number of %d bits", n)
	}
	got := []string{issue(t, ca, Leaf{CommonName: "root"}).Cert.Subject.String(), issue(t, ca, Leaf{}).Cert.Subject.String()}
	if diff := cmp.Diff([]string{"CN=root", "O=etcd client without a user"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestNames: a name that is an IP address becomes an IP address in the certificate.
func TestNames(t *testing.T) {
	c := issue(t, newAuthority(t, "ca"), Leaf{Names: []string{"etcd", "::1", "*.etcd", "127.0.0.1"}}).Cert
	if diff := cmp.Diff([]string{"etcd", "*.etcd", "::1", "127.0.0.1"}, Names(c)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"etcd", "*.etcd"}, c.DNSNames); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestRestoredAuthority: a Secret that was partly restored to its state before the succession has the signer as its own
// successor, which is ignored.
func TestRestoredAuthority(t *testing.T) {
	ca := newAuthority(t, "ca")
	data, err := (&Authority{Signer: ca, Next: &ca}).Data()
	if err != nil {
		t.Fatal(err)
	}
	a, err := ParseAuthority(data)
	if err != nil || a.Next != nil {
		t.Errorf("successor %v, error %v", a.Next, err)
	}
}
