package credentials

import (
	"context"
	"crypto/x509"
	"strings"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// maxLooked bounds how many Secrets are read to find root's certificate.
const maxLooked = 8

// RootSecret returns that of some Secrets which has a client certificate of etcd's user root that the members take, or "".
// Only those are read whose names say that they may: it is looked for after etcd refused something, to say what to pass.
func RootSecret(ctx context.Context, kube kubernetes.Interface, c *cluster.Cluster, names []string) string {
	var wanted []object
	for _, like := range []string{rootUser, "client", "admin"} {
		for _, name := range names {
			if strings.Contains(name, like) && len(wanted) < maxLooked {
				wanted = append(wanted, object{settings.Secret, c.Namespace, name})
			}
		}
	}
	if len(wanted) == 0 {
		return ""
	}
	var trusted []*x509.Certificate
	for _, m := range c.Members {
		f := finder{namespace: c.Namespace, contents: map[object]content{}}
		for _, l := range locations(m.Server.TLS.TrustedCA) {
			o := object{l.Kind, c.Namespace, l.Name}
			f.contents[o] = get(ctx, kube, o)
		}
		if trusted, _, _ = f.certs(m.Server.TLS.TrustedCA); trusted != nil {
			break
		}
	}
	contents := read(ctx, kube, append([]object{}, wanted...))
	for _, o := range wanted {
		for _, p := range contents[o].pairs() {
			if p.Leaf.Subject.CommonName == rootUser && !isAuthority(p.Leaf) && forClients(p, trusted) {
				return o.name
			}
		}
	}
	return ""
}
