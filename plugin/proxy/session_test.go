package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// authority is a CA and a certificate for members and clients. Both are in one Secret, as cert-manager writes it.
type authority struct{ ca, server *certs.Pair }

func newAuthority(t *testing.T, hosts ...string) authority {
	t.Helper()
	ca, err := certs.SelfSigned(certs.Spec{CommonName: "ca", CA: true})
	if err != nil {
		t.Fatal(err)
	}
	server, err := ca.Issue(certs.Spec{
		CommonName: "server", Hosts: hosts,
		Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		t.Fatal(err)
	}
	return authority{ca, server}
}

func (a authority) secret() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "certs", Namespace: "ns"},
		Data:       map[string][]byte{"ca.crt": a.ca.Cert, "tls.crt": a.server.Cert, "tls.key": a.server.Key},
	}
}

// place returns a discovered member that serves clients with the certificate in a Secret.
func place(name string, ready bool) cluster.Member {
	file := func(key string) cluster.File {
		return cluster.File{Path: "/certs/" + key, From: settings.Location{Kind: settings.Secret, Name: "certs", Key: key}}
	}
	status := map[bool]corev1.ConditionStatus{true: corev1.ConditionTrue, false: corev1.ConditionFalse}[ready]
	return cluster.Member{
		Name: name, PodName: name,
		Pod: &corev1.Pod{Status: corev1.PodStatus{
			Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: status}},
		}},
		Server: cluster.Server{Scheme: "https", Port: 2379, Host: name, TLS: cluster.TLS{
			Cert: file("tls.crt"), Key: file("tls.key"), TrustedCA: file("ca.crt"), ClientAuth: true,
		}},
	}
}

// session returns a session over members that are all the same server.
func session(t *testing.T, server string, a authority, flags credentials.Flags, members ...cluster.Member) (s Session, said *notes) {
	t.Helper()
	given, err := flags.Read()
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster.Cluster{Name: "etcd", Namespace: "ns", Members: members}
	found, err := credentials.Find(t.Context(), fake.NewClientset(a.secret()), c, given)
	if err != nil {
		t.Fatal(err)
	}
	said = &notes{}
	return Session{
		Cluster: c, Credentials: found, Files: Files{CA: flags.CACert, Cert: flags.Cert, Key: flags.Key}, SkipVerify: flags.SkipVerify,
		Limit: 10 * time.Second, Note: said.add,
		Ways: Ways{Clients: func(ctx context.Context, _ cluster.Member) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", server)
		}},
	}, said
}

func opened(t *testing.T, s Session) *Open {
	t.Helper()
	o, err := s.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	return o
}

// TestAClientWithTheEnvironmentGetsThrough has a real member that requires client certificates, and a client that only
// has the environment.
func TestAClientWithTheEnvironmentGetsThrough(t *testing.T) {
	for name, tc := range map[string]struct{ host, want string }{
		"the certificate has the address": {"127.0.0.1", "https://127.0.0.1:"},
		"the certificate has the name":    {"localhost", "https://localhost:"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t, tc.host)
			member := etcdtest.Start(t, 1, etcdtest.TLS(t, a.server, a.ca.Cert)).Members[0]
			s, said := session(t, strings.TrimPrefix(member.Endpoint, "http://"), a, credentials.Flags{}, place("a", true))
			o := opened(t, s)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go o.Serve(ctx)
			if len(o.Environment.Endpoints) != 1 || !strings.HasPrefix(o.Environment.Endpoints[0], tc.want) {
				t.Fatalf("endpoints %q, want %s…", o.Environment.Endpoints, tc.want)
			}
			put(t, o.Environment)
			if lines := said.all(); len(lines) > 0 {
				t.Errorf("told %q", lines)
			}
		})
	}
}

func put(t *testing.T, e Environment) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(e.Files.Cert, e.Files.Key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(e.Files.CA)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	client, err := clientv3.New(clientv3.Config{Endpoints: e.Endpoints, TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, Certificates: []tls.Certificate{pair}}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := client.Put(ctx, "k", "v"); err != nil {
		t.Errorf("put through the proxy: %v", err)
	}
}

// tlsServer is a TLS server. What it serves is irrelevant.
func tlsServer(t *testing.T, a authority) string {
	t.Helper()
	pair, err := tls.X509KeyPair(a.server.Cert, a.server.Key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{ //nolint:gosec // up to TLS 1.2, the refusal is in the handshake
		Certificates: []tls.Certificate{pair}, ClientAuth: tls.RequireAnyClientCert,
		MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = conn.(*tls.Conn).Handshake(); _ = conn.Close() }()
		}
	}()
	return l.Addr().String()
}

func TestACertificateForNoNameHere(t *testing.T) {
	a := newAuthority(t, "etcd-0.etcd.ns.svc", "10.0.0.1")
	s, said := session(t, tlsServer(t, a), a, credentials.Flags{}, place("a", true), place("b", true))
	opened(t, s)
	if lines := said.all(); len(lines) != 1 || !strings.Contains(lines[0], `the certificate of member "a" is valid for neither 127.0.0.1 nor localhost`) ||
		!strings.Contains(lines[0], "it is valid for etcd-0.etcd.ns.svc, 10.0.0.1 (pass --etcd-insecure-skip-tls-verify, or use \"kubectl etcd ctl --etcd etcd -n ns\"") {
		t.Errorf("told %q", lines)
	}

	s, said = session(t, tlsServer(t, a), a, credentials.Flags{}, place("a", true))
	s.InPod = func(context.Context, cluster.Member) bool { return false }
	opened(t, s)
	if lines := said.all(); len(lines) != 1 || strings.Contains(lines[0], "ctl --") || !strings.Contains(lines[0], "(pass --etcd-insecure-skip-tls-verify; ") {
		t.Errorf("where ctl cannot work: told %q", lines)
	}

	s, said = session(t, tlsServer(t, a), a, credentials.Flags{SkipVerify: true}, place("a", true))
	o := opened(t, s)
	if lines := said.all(); len(lines) > 0 || !o.Environment.SkipVerify || o.Environment.Files.CA != "" {
		t.Errorf("not verified: told %q, environment %+v", lines, o.Environment)
	}
}

func TestAMemberThatIsNotReadyIsNoEndpoint(t *testing.T) {
	a := newAuthority(t, "127.0.0.1")
	s, said := session(t, tlsServer(t, a), a, credentials.Flags{}, place("a", false), place("b", true))
	o := opened(t, s)
	if len(o.Ports) != 2 || len(o.Environment.Endpoints) != 1 || !strings.HasSuffix(o.Environment.Endpoints[0], strings.TrimPrefix(o.Ports[1].Address(), "127.0.0.1")) {
		t.Errorf("%d ports, endpoints %q", len(o.Ports), o.Environment.Endpoints)
	}
	if lines := said.all(); len(lines) != 1 || !strings.Contains(lines[0], `member "a" is not Ready, and so not among the endpoints (it is at 127.0.0.1:`) {
		t.Errorf("told %q", lines)
	}
	s.Member = "a"
	if o := opened(t, s); len(o.Ports) != 1 || len(o.Environment.Endpoints) != 1 {
		t.Errorf("by name: %d ports, endpoints %q", len(o.Ports), o.Environment.Endpoints)
	}
	s.Member = "c"
	if _, err := s.Open(t.Context()); err == nil || !strings.Contains(err.Error(), `etcd cluster ns/etcd has no member "c"`) {
		t.Errorf("%v", err)
	}
	s.Member, s.Cluster = "", &cluster.Cluster{Name: "etcd", Namespace: "ns", Members: []cluster.Member{{Name: "a"}}}
	if _, err := s.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "no member of etcd cluster ns/etcd runs") {
		t.Errorf("%v", err)
	}
}

// TestFilesArePrivateAndRemoved checks the files on disk: nobody else may read the key, and nothing may be left.
func TestFilesArePrivateAndRemoved(t *testing.T) {
	runtime := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	a := newAuthority(t, "127.0.0.1")
	s, _ := session(t, tlsServer(t, a), a, credentials.Flags{}, place("a", true))
	o := opened(t, s)
	dir := filepath.Dir(o.Environment.Files.Key)
	if filepath.Dir(dir) != runtime {
		t.Errorf("files in %s", dir)
	}
	modes := map[string]os.FileMode{}
	for _, name := range []string{dir, o.Environment.Files.CA, o.Environment.Files.Cert, o.Environment.Files.Key} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		modes[strings.TrimPrefix(name, dir)] = info.Mode().Perm()
	}
	if diff := cmp.Diff(map[string]os.FileMode{"": 0o700, "/ca.crt": 0o600, "/client.crt": 0o600, "/client.key": 0o600}, modes); diff != "" {
		t.Errorf("modes (-want +got)\n%s", diff)
	}
	o.Close()
	if left, err := os.ReadDir(runtime); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestGivenFilesAreNamed(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/does/not/exist") // then the directory for temporary files is used
	t.Setenv("TMPDIR", t.TempDir())
	a := newAuthority(t, "127.0.0.1")
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string][]byte{"ca.pem": a.ca.Cert, "c.pem": a.server.Cert, "k.pem": a.server.Key} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, _ := session(t, tlsServer(t, a), a, credentials.Flags{Cert: "c.pem", Key: "k.pem"}, place("a", true))
	o := opened(t, s)
	got := o.Environment.Files
	if got.Cert != filepath.Join(dir, "c.pem") || got.Key != filepath.Join(dir, "k.pem") || filepath.Base(got.CA) != "ca.crt" {
		t.Errorf("files %+v", got)
	}
	if left, err := os.ReadDir(filepath.Dir(got.CA)); err != nil || len(left) != 2 { // the lock file is one of them
		t.Errorf("a key that was given was copied: %v, %v", left, err)
	}
}

func TestVariables(t *testing.T) {
	e := Environment{
		Endpoints: []string{"https://127.0.0.1:1", "https://127.0.0.1:2"}, Files: Files{"/ca", "/cert", "/key"},
		SkipVerify: true, User: "root", Password: "secret",
	}
	want := []string{
		"ETCDCTL_ENDPOINTS=https://127.0.0.1:1,https://127.0.0.1:2", "ETCDCTL_CACERT=/ca", "ETCDCTL_CERT=/cert", "ETCDCTL_KEY=/key",
		"ETCDCTL_INSECURE_SKIP_TLS_VERIFY=true", "ETCDCTL_USER=root",
	}
	if diff := cmp.Diff(want, e.Variables(false)); diff != "" {
		t.Errorf("to be shown (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(append(want, "ETCDCTL_PASSWORD=secret"), e.Variables(true)); diff != "" {
		t.Errorf("for a command (-want +got)\n%s", diff)
	}
	plain := Environment{Endpoints: []string{"http://127.0.0.1:1"}}
	if diff := cmp.Diff([]string{"ETCDCTL_ENDPOINTS=http://127.0.0.1:1"}, plain.Variables(true)); diff != "" {
		t.Errorf("plain (-want +got)\n%s", diff)
	}
}
