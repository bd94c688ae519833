package pki

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// TestClientWithoutUser: with authentication on, etcd's HTTP gateway refuses a client certificate with a common name
// (server/embed/serve.go, accessController), whatever the password. It accepts a certificate without one, which gives no
// user.
func TestClientWithoutUser(t *testing.T) {
	ca := newAuthority(t, "etcd client CA")
	pem := files(t, issue(t, ca, Leaf{CommonName: "etcd-server", Names: []string{"localhost", "127.0.0.1"}, Server: true}), ca.Cert)
	server, err := certs.Load(pem[CertKey], pem[PrivateKey])
	if err != nil {
		t.Fatal(err)
	}
	endpoint := strings.Replace(etcdtest.Start(t, 1, etcdtest.TLS(t, server, pem[CAKey])).Members[0].Endpoint, "http:", "https:", 1)
	connect := func(commonName string) *tls.Config {
		data := files(t, issue(t, ca, Leaf{CommonName: commonName}), ca.Cert)
		pair, err := tls.X509KeyPair(data[CertKey], data[PrivateKey])
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(ca.Cert)
		return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	post := func(config *tls.Config, path, body, token string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint+path, bytes.NewBufferString(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", token)
		answer, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: config}}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}

	client := etcdtest.ClientWith(t, clientv3.Config{Endpoints: []string{endpoint}, TLS: connect("root")})
	for _, do := range []func() error{
		func() error { _, err := client.UserAdd(t.Context(), "root", "root-pw"); return err },
		func() error { _, err := client.UserGrantRole(t.Context(), "root", "root"); return err },
		func() error { _, err := client.AuthEnable(t.Context()); return err },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	const login, read = `{"name":"root","password":"root-pw"}`, `{"key":"aw=="}`
	if status, text := post(connect("root"), "/v3/auth/authenticate", login, ""); status != http.StatusBadRequest {
		t.Errorf("with a common name: %d %s", status, text)
	}
	status, text := post(connect(""), "/v3/auth/authenticate", login, "")
	_, rest, found := strings.Cut(text, `"token":"`)
	token, _, _ := strings.Cut(rest, `"`)
	if status != http.StatusOK || !found {
		t.Fatalf("without one: %d %s", status, text)
	}
	if status, text := post(connect(""), "/v3/kv/range", read, token); status != http.StatusOK {
		t.Errorf("with the token: %d %s", status, text)
	}
	if status, text := post(connect(""), "/v3/kv/range", read, ""); status == http.StatusOK {
		t.Errorf("nobody reads: %s", text)
	}
}
