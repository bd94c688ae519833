package credentials

import (
	"context"
	"crypto/x509"
	"strings"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// maxRootSecrets bounds how many Secrets are read to find root's certificate.
const maxRootSecrets = 8

// RootSecret returns the name of the Secret with a client certificate of etcd's user root that the members accept, or
// "". It reads only those of the named Secrets whose names suggest it: the caller wants to say what to pass after etcd
// denied access.
func RootSecret(ctx context.Context, kube kubernetes.Interface, c *cluster.Cluster, names []string) string {
	var wanted []object
	for _, like := range []string{rootUser, "client", "admin"} {
		for _, name := range names {
			if strings.Contains(name, like) && len(wanted) < maxRootSecrets {
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
