package credentials

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Remark returns what the user has to know about the effect of the TLS flags on a cluster, or "": that certificates are
// not verified, or that the flags are not used. Unused flags are no error, so that the same flags can be passed
// everywhere.
func (g FlagValues) Remark(c *cluster.Cluster) string {
	flags := g.tlsFlags()
	switch {
	case len(c.Members) == 0 || len(flags) == 0:
		return ""
	case !g.tlsNeeded(c):
		return fmt.Sprintf("note: the members of etcd cluster %s/%s serve plain http: these flags are not used: %s", c.Namespace, c.Name, strings.Join(flags, ", "))
	case g.skipVerify:
		return "warning: --etcd-insecure-skip-tls-verify: etcd's certificates are not verified, so a server that answers in its place can read everything that is sent"
	}
	return ""
}

// tlsNeeded reports whether some member serves TLS.
func (g FlagValues) tlsNeeded(c *cluster.Cluster) bool {
	return slices.ContainsFunc(c.Members, func(m cluster.Member) bool { return speaksTLS(m.Server, g) })
}

// tlsFlags names the given flags that only TLS needs.
func (g FlagValues) tlsFlags() []string {
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
