package credentials

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"slices"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// TestSeenIsWhatTheServerShows connects to a server that accepts client certificates of two CAs.
func TestSeenIsWhatTheServerShows(t *testing.T) {
	m := maker{t}
	ca, next := m.ca("ca"), m.ca("next")
	served := m.must(ca.Issue(certs.Spec{CommonName: "server", Hosts: []string{"etcd-0"}, Usages: both}))
	pair, err := tls.X509KeyPair(served.Cert, served.Key)
	if err != nil {
		t.Fatal(err)
	}
	accepted := x509.NewCertPool()
	accepted.AppendCertsFromPEM(slices.Concat(ca.Cert, next.Cert))
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: accepted,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err == nil {
			_, _ = io.WriteString(conn, "x")
			_ = conn.Close()
		}
	}()
	contents := secrets{"etcd": tlsData(served, ca)}.contents()
	from := file("etcd", "ca.crt")
	f := finder{namespace: "ns", contents: contents}
	found := f.member(members(mutual()).Members[0])
	if found.err != nil {
		t.Fatal(found.err)
	}
	found.name = "etcd-0"
	if s := found.Handshake(); s.Accepts != nil || s.Issuer != nil {
		t.Errorf("before: %+v", s)
	}
	conn, err := net.Dial("tcp", l.Addr().String())
	if err == nil {
		conn, err = found.Client(t.Context(), conn)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	s := found.Handshake()
	cas, _, err := f.certs(from)
	if err != nil || len(s.CAs) != 1 || !s.CAs[0].Equal(cas[0]) {
		t.Errorf("CAs %v, %v", s.CAs, err)
	}
	if len(s.Accepts) != 2 || string(s.Accepts[0]) != string(cas[0].RawSubject) || string(s.Issuer) != string(cas[0].RawSubject) {
		t.Errorf("it takes certificates of %q, its own is of %q", s.Accepts, s.Issuer)
	}
	found.caFound = false // the flags gave it
	if s := found.Handshake(); s.CAs != nil {
		t.Errorf("CAs %v", s.CAs)
	}
}
