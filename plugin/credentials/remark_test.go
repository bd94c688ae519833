package credentials

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// TestRemark checks the effect of flags that only TLS needs. Flags for a user also apply to plain http.
func TestRemark(t *testing.T) {
	plain, unknown := cluster.Server{Scheme: "http"}, cluster.Server{}
	const warning = "warning: --etcd-insecure-skip-tls-verify: etcd's certificates are not verified, so a server that answers in its place can read everything that is sent"
	const note = "note: the members of etcd cluster ns/etcd serve plain http: these flags are not used: "
	all := FlagValues{ca: &authority{}, pair: &pair{}, tlsSecret: object{name: "mine"}, skipVerify: true}
	for _, test := range []struct {
		name   string
		server cluster.Server
		given  FlagValues
		want   string
	}{
		{"nothing is given", plain, FlagValues{}, ""},
		{"a user", plain, FlagValues{user: User{"root", "s3cret"}, userSecret: object{name: "user"}}, ""},
		{"all, over plain http", plain, all, note + "--etcd-cacert, --etcd-cert, --etcd-key, --etcd-tls-secret, --etcd-insecure-skip-tls-verify"},
		{"a CA, over plain http", plain, FlagValues{ca: &authority{}}, note + "--etcd-cacert"},
		{"a CA, over TLS", mutual(), FlagValues{ca: &authority{}}, ""},
		{"no verification, over plain http", plain, FlagValues{skipVerify: true}, note + "--etcd-insecure-skip-tls-verify"},
		{"no verification, over TLS", mutual(), FlagValues{skipVerify: true}, warning},
		{"no verification, over what cannot be told", unknown, FlagValues{skipVerify: true}, warning},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.given.Remark(members(test.server))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
