package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// certificate returns a self-signed certificate for some names, valid from a day ago until a time.
func certificate(t *testing.T, until time.Time, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "etcd"}, DNSNames: names, NotBefore: now.Add(-24 * time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func TestCertificates(t *testing.T) {
	const host = "etcd-0.etcd.ns.svc"
	day := 24 * time.Hour
	// shown makes the only member serve clients with TLS, and present certificates that expire at some times.
	shown := func(name string, ends ...time.Duration) func(*evidence) {
		return func(e *evidence) {
			only(1)(e)
			m := &e.members[0]
			m.clients = newListener("clients", "https", m.ClientURLs)
			for _, end := range ends {
				m.clients.chain.value = append(m.clients.chain.value, certificate(t, now.Add(end), name).Leaf)
			}
		}
	}
	missing := func(e *evidence) {
		shown(host)(e)
		e.members[0].clients.chain.missing = "connection refused"
	}
	own := func(name string, end time.Duration) func(*evidence) {
		return func(e *evidence) {
			shown(name, end)(e)
			e.members[0].clients.chain.value[0].Subject = pkix.Name{Organization: []string{"etcd"}}
		}
	}
	run(t, map[string]caseOf{
		"etcd's own":         {"names", own("localhost", day), []string{"warn etcd-0: for clients: etcd made it by itself"}},
		"etcd's own expires": {"expiry", own("localhost", day), []string{"fail etcd-0: for clients until 2026-11-23"}},

		"no TLS":          {"expiry", only(1), nil},
		"valid for long":  {"expiry", shown(host, 40*day), []string{"pass etcd-0: for clients until 2027-01-01"}},
		"expires soon":    {"expiry", shown(host, 29*day), []string{"warn etcd-0: for clients until 2026-12-21"}},
		"expires in days": {"expiry", shown(host, 6*day), []string{"fail etcd-0: for clients until 2026-11-28"}},
		"expired":         {"expiry", shown(host, -time.Hour), []string{"fail etcd-0: for clients until 2026-11-22"}},
		"issuer expires":  {"expiry", shown(host, 40*day, 2*day), []string{"fail etcd-0: for clients until 2026-11-24"}},
		"not yet valid": {
			"expiry", func(e *evidence) { shown(host, 40*day)(e); e.now = now.Add(-48 * time.Hour) },
			[]string{"fail etcd-0: for clients from 2026-11-21T12:00:00Z"},
		},
		"evidence missing":             {"expiry", missing, []string{"unknown etcd-0: connection refused"}},
		"host name in the certificate": {"names", shown(host, day), []string{"pass etcd-0: for clients: " + host}},
		"wildcard":                     {"names", shown("*.etcd.ns.svc", day), []string{"pass etcd-0: for clients: " + host}},
		"another host":                 {"names", shown("localhost", day), []string{"fail etcd-0: for clients, and not for " + host + ": it has localhost"}},
		"name evidence missing":        {"names", missing, []string{"unknown etcd-0: connection refused"}},
		"advertised hosts unknown":     {"names", func(e *evidence) { shown(host, day)(e); e.members[0].clients.hosts = nil }, []string{"unknown etcd-0: what the member advertises cannot be tol…"}},
	})
}

// TestRotation: the findings are the warnings of "status", which judges the certificates that members present.
func TestRotation(t *testing.T) {
	overTLS := func() *evidence {
		e := healthy(t)
		for i := range e.members {
			m := &e.members[i]
			m.clients = newListener("clients", "https", m.ClientURLs)
		}
		return e.withWarnings()
	}
	left := overTLS()
	left.status.RotationPhase = report.RotationTrusted
	left.status.Warnings = advice.Warnings(left.cluster, left.status, nil)
	silent := overTLS()
	for i := range silent.members {
		silent.members[i].Version = ""
	}
	others := overTLS()
	others.cluster.SealConfig = ""
	for name, c := range map[string]struct {
		e    *evidence
		want []string
	}{
		"plain text":      {healthy(t).withWarnings(), nil},
		"other manifests": {others, nil},
		"none":            {overTLS(), []string{"pass: none under way"}},
		"incomplete":      {left, []string{"fail: " + beginning(left.status.Warnings[0].Message)}},
		"no answer":       {silent, []string{"unknown: " + beginning("no member answers")}},
	} {
		if diff := cmp.Diff(c.want, lines(c.e, "ca-rotation")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestNobodyMakesEtcdsOwnCertificate: no remedy asks the user to renew a certificate that etcd made itself
// (--auto-tls), or to make it with other names.
func TestNobodyMakesEtcdsOwnCertificate(t *testing.T) {
	for name, want := range map[string][2]string{
		"clients": {"in place of --auto-tls", "delete the folder fixtures/client in"},
		"peers":   {"(--peer-cert-file and --peer-key-file) in place of --peer-auto-tls", "delete the folder fixtures/peer in"},
	} {
		leaf := certificate(t, now.Add(time.Hour), "localhost").Leaf
		leaf.Subject = pkix.Name{Organization: []string{"etcd"}}
		l := listener{name: name, tls: true, hosts: []string{"etcd-0"}, chain: observed[[]*x509.Certificate]{value: []*x509.Certificate{leaf}}}
		e := &evidence{now: now, members: []memberEvidence{{clients: l}}}
		for i, found := range [][]finding{names(e), expiry(e)} {
			if len(found) != 1 || !strings.Contains(found[0].Remedy, want[i]) {
				t.Errorf("%s: %+v, want the remedy %q", name, found, want[i])
			}
		}
	}
}

// TestChainOfAServerThatWantsCertificates: the chain of a server that requires client certificates is read without one,
// with TLS 1.2 and 1.3.
func TestChainOfAServerThatWantsCertificates(t *testing.T) {
	own := certificate(t, now.Add(time.Hour), "etcd-0")
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
				Certificates: []tls.Certificate{own}, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12, MaxVersion: version, NextProtos: []string{"h2"},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					_ = conn.(*tls.Conn).Handshake()
					_ = conn.Close()
				}
			}()
			chain, err := chain(t.Context(), dial(t, l.Addr().String()), "another.name")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(own.Certificate, [][]byte{chain[0].Raw}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestChainOfAServerThatSpeaksNoTLS(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if chain, err := chain(ctx, dial(t, l.Addr().String()), "x"); err == nil { // it accepts the connection and sends nothing
		t.Errorf("chain %v of nothing", chain)
	}
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
