package certs

import (
	"crypto/x509"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// TestMissingSays: the text of each step, with its reason.
func TestMissingSays(t *testing.T) {
	remove := func(t *testing.T, s Store, name string) {
		t.Helper()
		if err := s.Kube.CoreV1().Secrets(s.Namespace).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	soon := time.Now().Add(pki.LeafLife - pki.RenewBefore + time.Hour)
	for name, c := range map[string]struct {
		spoil func(*testing.T, *Store)
		now   time.Time
		want  []string
	}{
		"all there": {func(*testing.T, *Store) {}, time.Now(), nil},
		"nothing there": {func(t *testing.T, s *Store) {
			t.Helper()
			for _, name := range []string{"etcd-client-ca", "etcd-peer-ca", "etcd-server-tls", "etcd-peer-tls", "etcd-client-tls"} {
				remove(t, *s, name)
			}
		}, time.Now(), []string{
			"etcd-client-ca: create the etcd client CA", "etcd-peer-ca: create the etcd peer CA", "etcd-server-tls: issue the certificate for servers",
			"etcd-peer-tls: issue the certificate for peers", "etcd-client-tls: issue the certificate for client root",
		}},
		"a leaf is not there":   {func(t *testing.T, s *Store) { t.Helper(); remove(t, *s, "etcd-peer-tls") }, time.Now(), []string{"etcd-peer-tls: issue the certificate for peers"}},
		"a leaf that lacks one": {func(_ *testing.T, s *Store) { s.PeerNames = append(s.PeerNames, "etcd-9") }, time.Now(), []string{"etcd-peer-tls: issue a new certificate: it lacks names"}},
		"a leaf without its CA": {func(t *testing.T, s *Store) {
			t.Helper()
			change(t, *s, "etcd-peer-tls", func(s *corev1.Secret) { s.Data[pki.CAKey] = nil })
		}, time.Now(), []string{"etcd-peer-tls: write the trusted CAs"}},
		"a month before the end": {func(*testing.T, *Store) {}, soon, []string{
			"etcd-server-tls: issue a new certificate: it expires on ", "etcd-peer-tls: issue a new certificate: it expires on ", "etcd-client-tls: issue a new certificate: it expires on ",
		}},
		"an hour before that":                       {func(*testing.T, *Store) {}, soon.Add(-2 * time.Hour), nil},
		"a CA that is not there and not needed yet": {func(t *testing.T, s *Store) { t.Helper(); remove(t, *s, "etcd-peer-ca"); s.Bootstrapped = true }, time.Now(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore()
			missing(t, load(t, s), time.Now())
			c.spoil(t, &s)
			k := load(t, s)
			ends := k.Leaves[0].Cert
			steps, err := k.Missing(c.now)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, step := range steps {
				got = append(got, step.Secret+": "+step.Text)
			}
			want := slices.Clone(c.want)
			for i := range want {
				if name == "a month before the end" {
					want[i] += ends.NotAfter.UTC().Format(time.DateOnly)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestClientFiles: the files for an application contain a valid certificate.
func TestClientFiles(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	k := load(t, s)
	l, files, err := k.ClientFiles("orders", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	checked, err := pki.Requirements{Now: time.Now()}.Check(files)
	if err != nil || !checked.Cert.Equal(l.Cert) || !k.Clients.Signed(l.Cert) || l.For != "client orders" || pki.Validity(l.Cert) != time.Hour {
		t.Errorf("for %q, %s long: %v", l.For, pki.Validity(l.Cert), err)
	}
}

// TestIssueClientAgain: an application's Secret accepts a new certificate only for the same application.
func TestIssueClientAgain(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	for _, c := range []struct{ client, secret, want string }{
		{"orders", "orders-tls", ""},
		{"orders", "orders-tls", ""},
		{"orders", "others-tls", ""},
		{"stock", "orders-tls", `secret "orders-tls" holds the certificate for client orders (choose another name with --secret)`},
		{"stock", "etcd-peer-ca", `secret "etcd-peer-ca" holds a CA (choose another name with --secret)`},
	} {
		_, err := load(t, s).IssueClient(t.Context(), c.client, c.secret, time.Hour)
		if diff := cmp.Diff(c.want, text(err)); diff != "" {
			t.Errorf("%s into %s, -want +got:\n%s", c.client, c.secret, diff)
		}
	}
}

// TestIsClientCA: the plugin's client CAs are recognized by their subjects.
func TestIsClientCA(t *testing.T) {
	subject := func(name string) []byte {
		ca, err := pki.NewAuthority(name)
		if err != nil {
			t.Fatal(err)
		}
		return ca.Cert.RawSubject
	}
	leaf := func(name string) []byte {
		ca, err := pki.NewAuthority("ca")
		if err != nil {
			t.Fatal(err)
		}
		l, err := ca.Issue(pki.Leaf{CommonName: name})
		if err != nil {
			t.Fatal(err)
		}
		return l.Cert.RawSubject
	}
	for name, c := range map[string]struct {
		subject []byte
		want    bool
	}{
		"one":                       {subject(clientCA), true},
		"one for peers":             {subject(peerCA), false},
		"another's":                 {subject("ca"), false},
		"without a suffix":          {leaf(clientCA), false},
		"with a short suffix":       {leaf(clientCA + " abcdef"), false},
		"with a long suffix":        {leaf(clientCA + " abcdef0123"), false},
		"with a suffix of letters":  {leaf(clientCA + " etcdetcd"), false},
		"with a suffix of its kind": {leaf(clientCA + " abcdef01"), true},
		"with more behind it":       {append(slices.Clone(subject(clientCA)), 5, 0), false},
		"no subject":                {[]byte("etcd client CA abcdef01"), false},
	} {
		if got := IsClientCA(c.subject); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestSameCerts: the order of certificates does not matter.
func TestSameCerts(t *testing.T) {
	a, b := &x509.Certificate{Raw: []byte("a")}, &x509.Certificate{Raw: []byte("b")}
	for name, c := range map[string]struct {
		one, other []*x509.Certificate
		want       bool
	}{
		"none":          {nil, nil, true},
		"the same":      {[]*x509.Certificate{a}, []*x509.Certificate{{Raw: []byte("a")}}, true},
		"another order": {[]*x509.Certificate{a, b}, []*x509.Certificate{b, a}, true},
		"another":       {[]*x509.Certificate{a}, []*x509.Certificate{b}, false},
		"one of two":    {[]*x509.Certificate{a}, []*x509.Certificate{a, b}, false},
		"two of one":    {[]*x509.Certificate{a, b}, []*x509.Certificate{a}, false},
	} {
		if got := sameCerts(c.one, c.other); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
