package portforward

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// asked is the part of an upgrade request that the tests check.
type asked struct {
	Path, Authorization, User, Group, Reason string
	Certificate                              bool
}

// behindTLS serves s over TLS and behind a path prefix. It records each request, and refuses those for which allow
// returns false.
func behindTLS(t *testing.T, s *kubetest.APIServer, allow func(*http.Request) bool) (*rest.Config, func() asked) {
	t.Helper()
	s.Stop = make(chan struct{})
	var last atomic.Pointer[asked]
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last.Store(&asked{
			Path: r.URL.Path, Authorization: r.Header.Get("Authorization"),
			User: r.Header.Get("Impersonate-User"), Group: r.Header.Get("Impersonate-Group"),
			Reason: r.Header.Get("Impersonate-Extra-Reason"), Certificate: len(r.TLS.PeerCertificates) > 0,
		})
		if !allow(r) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		http.StripPrefix(prefix, http.HandlerFunc(s.Handle)).ServeHTTP(w, r)
	}))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(func() {
		close(s.Stop)
		server.CloseClientConnections()
		server.Close()
	})
	return &rest.Config{
		Host:            server.URL + prefix,
		QPS:             -1,
		TLSClientConfig: rest.TLSClientConfig{CAData: pemOf(server.Certificate())},
	}, func() asked { return *last.Load() }
}

// prefix is the path under which Rancher serves its clusters.
const prefix = "/k8s/clusters/c-1"

const wholePath = prefix + "/api/v1/namespaces/ns/pods/etcd-0/portforward"

func pemOf(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// dialWith dials with a kubeconfig and exchanges some bytes.
func dialWith(t *testing.T, config *rest.Config) error {
	t.Helper()
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&Dialer{Config: config, REST: kube.CoreV1().RESTClient()}).Dial(t.Context(), "ns", "etcd-0", 2379)
	if err != nil {
		return err
	}
	exchange(t, conn, 100<<10)
	return conn.Close()
}

// TestReachesWhatKubectlReaches has each kind of credentials of a kubeconfig. All must be in the upgrade request.
func TestReachesWhatKubectlReaches(t *testing.T) {
	ours := httptest.NewTLSServer(nil) // for its certificate and key
	defer ours.Close()
	key, err := x509.MarshalPKCS8PrivateKey(ours.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	certificate, keyPEM := string(pemOf(ours.Certificate())), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	for _, tc := range []struct {
		name string
		set  func(*rest.Config)
		want asked
	}{
		{"nobody", func(*rest.Config) {}, asked{}},
		{"a token", func(c *rest.Config) { c.BearerToken = "secret" }, asked{Authorization: "Bearer secret"}},
		{"a password", func(c *rest.Config) { c.Username, c.Password = "me", "secret" }, asked{Authorization: "Basic bWU6c2VjcmV0"}},
		{
			"a client certificate",
			func(c *rest.Config) { c.CertData, c.KeyData = []byte(certificate), []byte(keyPEM) },
			asked{Certificate: true},
		},
		{
			"somebody else",
			func(c *rest.Config) {
				c.BearerToken = "secret"
				c.Impersonate = rest.ImpersonationConfig{UserName: "jane", Groups: []string{"sre"}, Extra: map[string][]string{"reason": {"test"}}}
			},
			asked{Authorization: "Bearer secret", User: "jane", Group: "sre", Reason: "test"},
		},
		{
			"an exec plugin's token",
			func(c *rest.Config) { c.ExecProvider = plugin(t, credential(map[string]string{"token": "secret"})) },
			asked{Authorization: "Bearer secret"},
		},
		{
			"an exec plugin's certificate",
			func(c *rest.Config) {
				c.ExecProvider = plugin(t, credential(map[string]string{"clientCertificateData": certificate, "clientKeyData": keyPEM}))
			},
			asked{Certificate: true},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
				s.Backend = kubetest.Listen(t, kubetest.Echo)
				config, last := behindTLS(t, s, func(*http.Request) bool { return true })
				tc.set(config)
				if err := dialWith(t, config); err != nil {
					t.Fatal(err)
				}
				want := tc.want
				want.Path = wholePath
				if diff := cmp.Diff(want, last()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// TestExpiredCredentials has the API server refuse the token of an exec plugin. As in client-go, the 401 makes the
// plugin run again, and the next dial succeeds.
func TestExpiredCredentials(t *testing.T) {
	s := &kubetest.APIServer{Backend: kubetest.Listen(t, kubetest.Echo)}
	var valid atomic.Value
	valid.Store("Bearer old")
	config, _ := behindTLS(t, s, func(r *http.Request) bool { return r.Header.Get("Authorization") == valid.Load() })
	config.ExecProvider = plugin(t, credential(map[string]string{"token": "old"}))
	if err := dialWith(t, config); err != nil {
		t.Fatal(err)
	}
	valid.Store("Bearer new")
	if err := os.WriteFile(config.ExecProvider.Args[0], credential(map[string]string{"token": "new"}), 0o600); err != nil {
		t.Fatal(err)
	}
	kubetest.WantError(t, dialWith(t, config), "401 Unauthorized")
	if err := dialWith(t, config); err != nil {
		t.Errorf("after the plugin gave another token: %v", err)
	}
}

// plugin is an exec plugin that returns this credential.
func plugin(t *testing.T, credential []byte) *clientcmdapi.ExecConfig {
	t.Helper()
	file := filepath.Join(t.TempDir(), "credential")
	if err := os.WriteFile(file, credential, 0o600); err != nil {
		t.Fatal(err)
	}
	return &clientcmdapi.ExecConfig{
		Command: "cat", Args: []string{file}, APIVersion: "client.authentication.k8s.io/v1",
		InteractiveMode: clientcmdapi.NeverExecInteractiveMode,
	}
}

func credential(status map[string]string) []byte {
	text, err := json.Marshal(map[string]any{
		"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status,
	})
	if err != nil {
		panic(err)
	}
	return text
}
