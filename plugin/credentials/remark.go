package credentials

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Remark returns what whoever gave the flags is to know of what comes of them for a cluster, or "": that certificates
// are not verified, or that there are none to verify. The same flags everywhere are no mistake.
func (g Given) Remark(c *cluster.Cluster) string {
	flags := g.tlsFlags()
	switch {
	case len(c.Members) == 0 || len(flags) == 0:
		return ""
	case !g.used(c):
		return fmt.Sprintf("note: the members of etcd cluster %s/%s serve plain http: these flags are not used: %s", c.Namespace, c.Name, strings.Join(flags, ", "))
	case g.skipVerify:
		return "warning: --etcd-insecure-skip-tls-verify: etcd's certificates are not verified, and whoever answers in its place gets to know what is sent"
	}
	return ""
}

// used reports whether TLS is spoken with a member.
func (g Given) used(c *cluster.Cluster) bool {
	return slices.ContainsFunc(c.Members, func(m cluster.Member) bool { return speaksTLS(m.Server, g) })
}

// tlsFlags names the flags that only TLS needs, of those that the user gave.
func (g Given) tlsFlags() []string {
	var flags []string
	if g.ca != nil {
		flags = append(flags, "--etcd-cacert")
	}
	if g.pair != nil {
		flags = append(flags, "--etcd-cert", "--etcd-key")
	}
	if g.tlsSecret.name != "" {
		flags = append(flags, "--etcd-tls-secret")
	}
	if g.skipVerify {
		flags = append(flags, "--etcd-insecure-skip-tls-verify")
	}
	return flags
}
