package pki

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCheck(t *testing.T) {
	ca, other := newAuthority(t, "ca"), newAuthority(t, "other")
	server := Leaf{CommonName: "server", Names: []string{"*.etcd.shop.svc", "127.0.0.1"}, Server: true}
	good := issue(t, ca, server)
	want := Requirements{Hosts: []string{"etcd-0.etcd.shop.svc"}, Server: true, Now: time.Now()}
	later := want
	later.Now = time.Now().Add(LeafLife + time.Hour)
	earlier := want
	earlier.Now = time.Now().Add(-2 * skew)
	without := func(key string) map[string][]byte {
		data := files(t, good, ca.Cert)
		delete(data, key)
		return data
	}
	for name, c := range map[string]struct {
		want  Requirements
		data  map[string][]byte
		wrong []string // texts that the error contains; nil for no error
	}{
		"good":                 {want, files(t, good, ca.Cert), nil},
		"a bundle of CAs":      {want, files(t, good, other.Cert, ca.Cert), nil},
		"no CA":                {want, without(CAKey), []string{"lacks the key ca.crt"}},
		"no key":               {want, without(PrivateKey), []string{"lacks the key tls.key"}},
		"expired":              {later, files(t, good, ca.Cert), []string{`certificate "CN=server" expired on 20`}},
		"not yet":              {earlier, files(t, good, ca.Cert), []string{"is not valid before 20"}},
		"another name":         {Requirements{Hosts: []string{"etcd-0.etcd.else.svc"}, Server: true, Now: want.Now}, files(t, good, ca.Cert), []string{"is not for etcd-0.etcd.else.svc: it has the names *.etcd.shop.svc, 127.0.0.1"}},
		"a client's":           {want, files(t, issue(t, ca, Leaf{CommonName: "c", Names: server.Names}), ca.Cert), []string{"lacks the usage server auth"}},
		"another CA":           {want, files(t, good, other.Cert), []string{`the CA in ca.crt does not verify the certificate "CN=server"`}},
		"everything at once":   {later, files(t, issue(t, other, Leaf{CommonName: "c"}), ca.Cert), []string{"expired on", "has the names none", "server auth", "does not verify"}},
		"expired, of its CA":   {later, files(t, good, ca.Cert), []string{"expired on"}},
		"a client among those": {Requirements{Now: want.Now}, files(t, issue(t, ca, Leaf{CommonName: "root"}), ca.Cert), nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.want.Check(c.data)
			if (err == nil) != (c.wrong == nil) {
				t.Fatalf("it says %v", err)
			}
			for _, text := range c.wrong {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
		})
	}
}

// FuzzCheck: the data comes from a Secret that the user wrote, so it may be anything.
func FuzzCheck(f *testing.F) {
	ca, err := NewAuthority("ca")
	if err != nil {
		f.Fatal(err)
	}
	leaf, err := ca.Issue(Leaf{Names: []string{"a"}, Server: true})
	if err != nil {
		f.Fatal(err)
	}
	data, err := leaf.Files([]*x509.Certificate{ca.Cert})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data[CertKey], data[PrivateKey], data[CAKey])
	f.Add([]byte("-----BEGIN CERTIFICATE-----"), []byte("-----BEGIN EC PRIVATE KEY-----"), []byte{})
	f.Fuzz(func(t *testing.T, certText, key, trusted []byte) {
		got, err := Requirements{Now: time.Now(), Hosts: []string{"a"}}.Check(map[string][]byte{CertKey: certText, PrivateKey: key, CAKey: trusted})
		if err == nil && (got.Cert == nil || len(got.Trusted) == 0) {
			t.Error("nothing is taken for good")
		}
		if _, err := ParseAuthority(map[string][]byte{CertKey: certText, PrivateKey: key, nextCertKey: trusted}); err == nil && len(trusted) > 0 {
			t.Error("a successor without a key is taken for good")
		}
	})
}

// TestUsages: a certificate without usages, or with "any", is valid for every usage.
func TestUsages(t *testing.T) {
	const server, client, anything, mail = x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageAny, x509.ExtKeyUsageEmailProtection
	for name, c := range map[string]struct {
		server bool
		usages []x509.ExtKeyUsage
		want   string
	}{
		"none":                     {true, nil, ""},
		"any":                      {true, []x509.ExtKeyUsage{anything}, ""},
		"both, for a server":       {true, []x509.ExtKeyUsage{server, client}, ""},
		"both, for a client":       {false, []x509.ExtKeyUsage{server, client}, ""},
		"a client's":               {false, []x509.ExtKeyUsage{client}, ""},
		"a client's, for a server": {true, []x509.ExtKeyUsage{client}, `the certificate "" lacks the usage server auth`},
		"a server's alone":         {true, []x509.ExtKeyUsage{server}, `the certificate "" lacks the usage client auth`},
		"a server's, for a client": {false, []x509.ExtKeyUsage{server}, `the certificate "" lacks the usage client auth`},
		"neither, for a server":    {true, []x509.ExtKeyUsage{mail}, `the certificate "" lacks the usage server auth and client auth`},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := (Requirements{Server: c.server}).usages(&x509.Certificate{ExtKeyUsage: c.usages}); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestCheckIntermediate: the CA in the Secret signed an intermediate CA, whose certificate follows the leaf's.
func TestCheckIntermediate(t *testing.T) {
	authority := func(by *Pair) Pair {
		serial, err := newSerial()
		if err != nil {
			t.Fatal(err)
		}
		p, err := sign(&x509.Certificate{SerialNumber: serial, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign, Subject: pkix.Name{CommonName: serial.String()}}, time.Hour, by)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	root := authority(nil)
	between := authority(&root)
	data := files(t, issue(t, between, Leaf{CommonName: "a"}), root.Cert)
	if _, err := (Requirements{Now: time.Now()}).Check(data); err == nil {
		t.Error("a leaf is good without the CA between it and the root")
	}
	chain, err := between.CertPEM()
	if err != nil {
		t.Fatal(err)
	}
	data[CertKey] = slices.Concat(data[CertKey], chain)
	got, err := (Requirements{Now: time.Now()}).Check(data)
	if err != nil || got.Cert.Subject.CommonName != "a" || len(got.Trusted) != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

// TestCheckSaysNothingTwice compares full error texts.
func TestCheckSaysNothingTwice(t *testing.T) {
	ca := newAuthority(t, "ca")
	leaf := issue(t, ca, Leaf{CommonName: "a"})
	expired := Requirements{Now: time.Now().Add(LeafLife + time.Hour)}
	for name, c := range map[string]struct {
		data map[string][]byte
		want string
	}{
		"an expired one, that its CA had vouched for": {files(t, leaf, ca.Cert), `the certificate "CN=a" expired on ` + leaf.Cert.NotAfter.UTC().Format(time.RFC3339)},
		"nothing":           {nil, "it lacks the key tls.crt, tls.key, ca.crt"},
		"a CA that is none": {map[string][]byte{CertKey: files(t, leaf)[CertKey], PrivateKey: files(t, leaf)[PrivateKey], CAKey: []byte("x")}, "ca.crt: data does not contain any valid RSA or ECDSA certificates"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := expired.Check(c.data)
			if err == nil {
				t.Fatal("it is good")
			}
			if diff := cmp.Diff(c.want, err.Error()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
