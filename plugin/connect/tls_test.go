package connect

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// advertised is the host name that the member of these tests advertises.
const advertised = "etcd-0.etcd.ns.svc"

var (
	forServers = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	forClients = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
)

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// pki is a CA and the certificates that it issued.
type pki struct{ ca, server, client *certs.Pair }

func newPKI(t *testing.T, server certs.Spec) pki {
	t.Helper()
	pair := must[*certs.Pair](t)
	ca := pair(certs.SelfSigned(certs.Spec{CommonName: "etcd-ca", CA: true}))
	return pki{
		ca: ca, server: pair(ca.Issue(server)),
		client: pair(ca.Issue(certs.Spec{CommonName: "root", Usages: forClients})),
	}
}

func goodServer() certs.Spec {
	return certs.Spec{CommonName: "etcd", Hosts: []string{advertised, "localhost"}, Usages: forServers}
}

// secret is the Secret that the pods of these tests mount.
func (p pki) secret() map[string][]byte {
	return map[string][]byte{
		"ca.crt": p.ca.Cert, "server.crt": p.server.Cert, "server.key": p.server.Key,
		"client.crt": p.client.Cert, "client.key": p.client.Key,
	}
}

func inSecret(key string) cluster.File {
	return cluster.File{Path: "/certs/" + key, From: settings.Location{
		Kind: settings.Secret, Name: "certs", Key: key, Text: `key "` + key + `" of secret "certs"`,
	}}
}

// openTLS opens a cluster of one member that serves clients and metrics over TLS.
func openTLS(t *testing.T, s *kubetest.APIServer, data map[string][]byte, mutual bool, given credentials.FlagValues) *Connection {
	t.Helper()
	s.Objects = map[string]runtime.Object{
		"/api/v1/namespaces/ns/secrets/certs": &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "certs", Namespace: "ns"}, Data: data},
	}
	s.Serve(t)
	of := cluster.TLS{Cert: inSecret("server.crt"), Key: inSecret("server.key"), Secrets: []string{"certs"}}
	if mutual {
		of.ClientAuth, of.TrustedCA = true, inSecret("ca.crt")
	}
	c := &cluster.Cluster{Name: "etcd", Namespace: "ns", Members: []cluster.Member{{
		Name: "etcd-0", PodName: "etcd-0", Pod: kubetest.Pod("etcd-0", corev1.ConditionTrue),
		Server: cluster.Server{Scheme: "https", Port: 2379, Host: advertised, Metrics: cluster.Listener{Scheme: "https", Port: 2379}, TLS: of},
	}}}
	kube := must[*kubernetes.Clientset](t)(kubernetes.NewForConfig(s.Config()))
	conn := must[*Connection](t)(Open(t.Context(), s.Config(), kube, c, given))
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// writeKey writes a key on the only member. clientv3 does not retry a write, unlike a read.
func writeKey(t *testing.T, conn *Connection) error {
	t.Helper()
	client, err := conn.Member(conn.cluster.Members[0])
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err = client.Put(ctx, "k", "v"); err != nil {
		return errors.New(strings.ReplaceAll(err.Error(), `\"`, `"`)) // gRPC quotes the text of a dial error
	}
	return nil
}

func TestEtcdOverTLS(t *testing.T) {
	t.Parallel()
	for name, mutual := range map[string]bool{"server-only": false, "mutual": true} {
		t.Run(name, func(t *testing.T) {
			p := newPKI(t, goodServer())
			var clients []byte
			if mutual {
				clients = p.ca.Cert
			}
			member := etcdtest.Start(t, 1, etcdtest.TLS(t, p.server, clients)).Members[0]
			s := &kubetest.APIServer{Backend: strings.TrimPrefix(member.Endpoint, "http://")}
			conn := openTLS(t, s, p.secret(), mutual, credentials.FlagValues{})
			if err := writeKey(t, conn); err != nil {
				t.Error(err)
			}
			resp, err := conn.HTTPClient(conn.cluster.Members[0]).Do(must[*http.Request](t)(
				http.NewRequestWithContext(t.Context(), http.MethodGet, "http://etcd/metrics", nil)))
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if !strings.Contains(string(body), "etcd_server_has_leader 1") {
				t.Errorf("metrics: %.200s", body)
			}
		})
	}
}

// TestTLSRefusals has one case for each thing that can be wrong. The error must name it.
func TestTLSRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		server func(*certs.Spec)
		change func(p pki, secret map[string][]byte)
		mutual bool
		want   []string
	}{
		{
			"expired", func(s *certs.Spec) { s.From, s.Until = -48*time.Hour, -24*time.Hour }, nil, false,
			[]string{`TLS to pod ns/etcd-0: server certificate expired 1 day ago ("CN=etcd", key "server.crt" of secret "certs": on 20`, "; renew it, or pass"},
		},
		{
			"not yet valid", func(s *certs.Spec) { s.From = time.Hour }, nil, false,
			[]string{`server certificate is not valid yet ("CN=etcd", key`, ": it is valid from 20", ", and the time here is 20", "; check the clocks, or"},
		},
		{
			"another name", func(s *certs.Spec) { s.Hosts = []string{"etcd-1.etcd.ns.svc", "127.0.0.1"} }, nil, false,
			[]string{`server certificate for another name ("CN=etcd", key "server.crt" of secret "certs": it is for etcd-1.etcd.ns.svc, 127.0.0.1, and the member advertises "etcd-0.etcd.ns.svc"; issue`},
		},
		{
			"no name", func(s *certs.Spec) { s.Hosts = nil }, nil, false,
			[]string{`: it is for no name, because a common name does not count, and the member`},
		},
		{
			"for clients only", func(s *certs.Spec) { s.Usages = forClients }, nil, false,
			[]string{`server certificate is not for servers ("CN=etcd", key "server.crt" of secret "certs"`},
		},
		{
			"another certificate than the Secret has", nil, func(_ pki, secret map[string][]byte) {
				other := newPKI(t, goodServer())
				secret["server.crt"], secret["ca.crt"] = other.server.Cert, other.ca.Cert
			}, false,
			[]string{`server certificate of unknown issuer (`, `: it was issued by "CN=etcd-ca", and is verified with "CN=etcd-ca" from key "ca.crt" of secret ns/certs; pass its CA with --etcd-cacert`},
		},
		{
			"the client's expired", nil, func(p pki, secret map[string][]byte) {
				old := must[*certs.Pair](t)(p.ca.Issue(certs.Spec{CommonName: "root", Usages: forClients, From: -2 * time.Hour, Until: -time.Hour}))
				secret["client.crt"], secret["client.key"] = old.Cert, old.Key
			}, true,
			[]string{`client certificate expired 1 hour ago ("CN=root" from key "client.crt" of secret ns/certs: on 20`},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			spec := goodServer()
			if test.server != nil {
				test.server(&spec)
			}
			p := newPKI(t, spec)
			var clients []byte
			if test.mutual {
				clients = p.ca.Cert
			}
			member := etcdtest.Start(t, 1, etcdtest.TLS(t, p.server, clients)).Members[0]
			data := p.secret()
			if test.change != nil {
				test.change(p, data)
			}
			s := &kubetest.APIServer{Backend: strings.TrimPrefix(member.Endpoint, "http://")}
			err := writeKey(t, openTLS(t, s, data, test.mutual, credentials.FlagValues{}))
			for _, want := range test.want {
				kubetest.WantError(t, err, want)
			}
		})
	}
}

// TestClientCertificateRefusals connects to a server that requires client certificates, with ones that it does not
// accept.
func TestClientCertificateRefusals(t *testing.T) {
	t.Parallel()
	p, other := newPKI(t, goodServer()), newPKI(t, goodServer())
	member := etcdtest.Start(t, 1, etcdtest.TLS(t, p.server, p.ca.Cert)).Members[0]
	forNobody := must[*certs.Pair](t)(p.ca.Issue(certs.Spec{CommonName: "server", Usages: forServers}))
	for _, test := range []struct {
		name   string
		mutual bool // whether the pod's settings say that they are required
		client *certs.Pair
		want   string
	}{
		{"none", false, nil, "client certificate required (none is configured: pass one with --etcd-cert and --etcd-key"},
		{"of another CA", true, other.client, `client certificate of untrusted issuer ("CN=root" from --etcd-cert `},
		{"of another CA, the reason", true, other.client, `: it was issued by "CN=etcd-ca"; pass another`},
		{"for servers only", true, forNobody, `client certificate is not for clients ("CN=server" from`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var given credentials.FlagValues
			if test.client != nil {
				given = give(t, test.client)
			}
			s := &kubetest.APIServer{Backend: strings.TrimPrefix(member.Endpoint, "http://")}
			kubetest.WantError(t, writeKey(t, openTLS(t, s, p.secret(), test.mutual, given)), test.want)
		})
	}
}

// TestTLSAgainstPlain does a TLS handshake with a server that does not serve TLS.
func TestTLSAgainstPlain(t *testing.T) {
	t.Parallel()
	member := etcdtest.Start(t, 1, nil).Members[0]
	s := &kubetest.APIServer{Backend: strings.TrimPrefix(member.Endpoint, "http://")}
	err := writeKey(t, openTLS(t, s, newPKI(t, goodServer()).secret(), false, credentials.FlagValues{}))
	kubetest.WantError(t, err, "TLS to pod ns/etcd-0: server does not use TLS, or is stopping (it closed")
}

// TestPlainAgainstTLS connects without TLS to a server that requires it.
func TestPlainAgainstTLS(t *testing.T) {
	t.Parallel()
	member := etcdtest.Start(t, 1, etcdtest.TLS(t, newPKI(t, goodServer()).server, nil)).Members[0]
	s := (&kubetest.APIServer{Backend: strings.TrimPrefix(member.Endpoint, "http://")}).Serve(t)
	conn := open(t, s)
	kubetest.WantError(t, writeKey(t, conn), "pod ns/etcd-0:2379: server uses TLS, or is stopping (it closed")
	if conn.AccessDenied("etcd-0") {
		t.Error("a member that is known to speak no TLS is at fault itself")
	}
	// If the scheme is unknown, the health of the member is unknown too.
	conn = open(t, s)
	conn.targets["etcd-0"].member.Server.Scheme = ""
	kubetest.WantError(t, writeKey(t, conn), "server uses TLS, or is stopping (the pod's settings do not show which; if it uses TLS, pass --etcd-cacert")
	if !conn.AccessDenied("etcd-0") {
		t.Error("a member that may want TLS is taken for dead")
	}
}

// TestHandshakeEndsWithItsContext has a server accept the connection and send nothing.
func TestHandshakeEndsWithItsContext(t *testing.T) {
	s := &kubetest.APIServer{Backend: kubetest.Listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })}
	conn := openTLS(t, s, newPKI(t, goodServer()).secret(), false, credentials.FlagValues{})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := conn.dial(ctx, "etcd-0")
	kubetest.WantError(t, err, "TLS to pod ns/etcd-0: context deadline exceeded")
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
}

// give passes a client certificate as flags of the user do.
func give(t *testing.T, p *certs.Pair) credentials.FlagValues {
	t.Helper()
	dir := t.TempDir()
	f := credentials.Flags{Cert: write(t, dir+"/given.crt", p.Cert), Key: write(t, dir+"/given.key", p.Key)}
	return must[credentials.FlagValues](t)(f.Read())
}

func write(t *testing.T, name string, text []byte) string {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
