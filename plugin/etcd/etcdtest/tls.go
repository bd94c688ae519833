package etcdtest

import (
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/etcd/client/pkg/v3/transport"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// TLS returns a change for Start that makes members serve clients with a certificate. With clients, a CA in PEM, they
// require client certificates of that CA and take the common name for the user. Member.Endpoint keeps the scheme http.
func TLS(t *testing.T, server *certs.Pair, clients []byte) func(*embed.Config) {
	t.Helper()
	dir := t.TempDir()
	file := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	info := transport.TLSInfo{CertFile: file("server.crt", server.Cert), KeyFile: file("server.key", server.Key)}
	if clients != nil {
		info.TrustedCAFile, info.ClientCertAuth = file("ca.crt", clients), true
	}
	return func(cfg *embed.Config) {
		cfg.ClientTLSInfo = info
		cfg.ListenClientUrls[0].Scheme, cfg.AdvertiseClientUrls[0].Scheme = "https", "https"
	}
}
