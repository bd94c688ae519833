package pki

import (
	"crypto/x509"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newAuthority(t *testing.T, name string) Pair {
	t.Helper()
	ca, err := NewAuthority(name)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func issue(t *testing.T, by Pair, l Leaf) Pair {
	t.Helper()
	p, err := by.Issue(l)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// files returns the data of a leaf's Secret.
func files(t *testing.T, p Pair, trusted ...*x509.Certificate) map[string][]byte {
	t.Helper()
	data, err := p.Files(trusted)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestIssue(t *testing.T) {
	ca := newAuthority(t, "etcd client CA")
	leaf := issue(t, ca, Leaf{CommonName: "etcd-server", Names: []string{"*.etcd.shop.svc", "127.0.0.1", "::1"}, Server: true})
	roots := x509.NewCertPool()
	roots.AddCert(ca.Cert)
	for _, usage := range []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth} {
		for _, host := range []string{"etcd-2.etcd.shop.svc", "127.0.0.1", "::1"} {
			if _, err := leaf.Cert.Verify(x509.VerifyOptions{Roots: roots, DNSName: host, KeyUsages: []x509.ExtKeyUsage{usage}}); err != nil {
				t.Errorf("%s, usage %d: %v", host, usage, err)
			}
		}
	}
	client := issue(t, ca, Leaf{CommonName: "app"})
	if _, err := client.Cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}); err == nil {
		t.Error("a client's certificate passes for a server's")
	}
	if leaf.Cert.IsCA || !ca.Cert.IsCA {
		t.Error("who may vouch for others is the wrong way round")
	}
	if _, err := issue(t, newAuthority(t, "other"), Leaf{}).Cert.Verify(x509.VerifyOptions{Roots: roots}); err == nil {
		t.Error("another CA's leaf is accepted")
	}
}

// A server lists the CAs that it trusts by subject only, so two CAs of the same name must differ in their subjects.
func TestAuthoritiesOfOneNameDiffer(t *testing.T) {
	a, b := newAuthority(t, "etcd peer CA"), newAuthority(t, "etcd peer CA")
	if string(a.Cert.RawSubject) == string(b.Cert.RawSubject) {
		t.Errorf("both are %q", a.Cert.Subject)
	}
	if !strings.HasPrefix(a.Cert.Subject.CommonName, "etcd peer CA ") {
		t.Errorf("it is called %q", a.Cert.Subject.CommonName)
	}
}

func TestLeafEndsWithItsAuthority(t *testing.T) {
	ca := newAuthority(t, "ca")
	ca.Cert.NotAfter = time.Now().Add(time.Hour)
	if leaf := issue(t, ca, Leaf{}); leaf.Cert.NotAfter.After(ca.Cert.NotAfter) {
		t.Errorf("the leaf holds until %s, the CA until %s", leaf.Cert.NotAfter, ca.Cert.NotAfter)
	}
	ca.Cert.NotAfter = time.Now().Add(-time.Hour)
	if _, err := ca.Issue(Leaf{}); err == nil || !strings.Contains(err.Error(), "expired on") {
		t.Errorf("an expired CA issues: %v", err)
	}
}

// An authority is the same after Data and ParseAuthority, at each stage of its replacement.
func TestAuthoritySurvivesItsSecret(t *testing.T) {
	first, second := newAuthority(t, "ca"), newAuthority(t, "ca")
	a := &Authority{Signer: first}
	for _, stage := range []struct {
		name    string
		change  func()
		trusted []*x509.Certificate
		keys    []string
	}{
		{"alone", func() {}, []*x509.Certificate{first.Cert}, []string{"tls.crt", "tls.key"}},
		{"with a successor", func() { a.Next = &second }, []*x509.Certificate{first.Cert, second.Cert}, []string{"next.crt", "next.key", "tls.crt", "tls.key"}},
		{"succeeded", func() { a.Succeed() }, []*x509.Certificate{second.Cert, first.Cert}, []string{"old.crt", "tls.crt", "tls.key"}},
		{"old one forgotten", func() { a.Old = nil }, []*x509.Certificate{second.Cert}, []string{"tls.crt", "tls.key"}},
	} {
		stage.change()
		data, err := a.Data()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(stage.keys, slices.Sorted(maps.Keys(data))); diff != "" {
			t.Error(stage.name, diff)
		}
		again, err := ParseAuthority(data)
		if err != nil {
			t.Fatal(stage.name, err)
		}
		if diff := cmp.Diff(subjects(stage.trusted), subjects(again.Trusted())); diff != "" {
			t.Error(stage.name, diff)
		}
		if leaf := issue(t, again.Signer, Leaf{}); !a.Signed(leaf.Cert) {
			t.Errorf("%s: what it signs is not its own", stage.name)
		}
	}
}

func subjects(certs []*x509.Certificate) []string {
	var all []string
	for _, c := range certs {
		all = append(all, c.Subject.String())
	}
	return all
}

func TestParseAuthorityRefuses(t *testing.T) {
	ca := newAuthority(t, "ca")
	good, err := (&Authority{Signer: ca}).Data()
	if err != nil {
		t.Fatal(err)
	}
	with := func(key string, value []byte) map[string][]byte {
		data := map[string][]byte{CertKey: good[CertKey], PrivateKey: good[PrivateKey]}
		data[key] = value
		return data
	}
	other, err := newAuthority(t, "other").KeyPEM()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]map[string][]byte{
		"nothing":            {},
		"another's key":      with(PrivateKey, other),
		"a leaf":             files(t, issue(t, ca, Leaf{}), ca.Cert),
		"a successor's half": with(nextCertKey, good[CertKey]),
		"an old one's ruin":  with(oldCertKey, []byte("ruin")),
	} {
		if _, err := ParseAuthority(data); err == nil {
			t.Errorf("%s is taken for an authority", name)
		} else if strings.Contains(err.Error(), "PRIVATE") {
			t.Errorf("%s: the error tells of a key: %v", name, err)
		}
	}
}

func TestMissing(t *testing.T) {
	c := issue(t, newAuthority(t, "ca"), Leaf{Names: []string{"*.etcd", "localhost", "::1"}}).Cert
	got := Missing(c, []string{"*.etcd", "localhost", "0:0::1", "127.0.0.1", "etcd-0.etcd"})
	if diff := cmp.Diff([]string{"127.0.0.1", "etcd-0.etcd"}, got); diff != "" {
		t.Error(diff)
	}
}
