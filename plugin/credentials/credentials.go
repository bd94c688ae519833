// Package credentials finds what a client needs to connect to etcd: the CA, the client certificate and the user. The
// user's flags take precedence, then come the settings of the members' pods and the Secrets that they mount. No content
// of a Secret is ever printed: errors say where something is, never what it is.
package credentials

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Set has the credentials for one cluster.
type Set struct {
	User    User
	members map[string]*TLS // by pod name
}

// TLS returns the TLS configuration for the member in a pod, or nil if it does not serve TLS.
func (s *Set) TLS(pod string) *TLS { return s.members[pod] }

// Find returns the credentials for a cluster. It reads only the Secrets that are needed: none with certificates if the
// cluster serves plain http, and none that the flags make unnecessary. A member whose credentials cannot be found has
// its own error; if no running member has any, Find returns the first of these errors.
func Find(ctx context.Context, kube kubernetes.Interface, c *cluster.Cluster, given FlagValues) (*Set, error) {
	if !given.tlsNeeded(c) {
		given.tlsSecret = object{} // the Secret is not needed, and may not exist
	}
	given, err := given.withSecrets(ctx, kube, c)
	if err != nil {
		return nil, err
	}
	var members []cluster.Member
	var wanted []object
	for _, m := range c.Members {
		if speaksTLS(m.Server, given) {
			members = append(members, m)
			wanted = append(wanted, given.wanted(c.Namespace, m.Server.TLS)...)
		}
	}
	root := given.root(c)
	if root.name != "" {
		wanted = append(wanted, root)
	}
	set := &Set{User: given.user, members: map[string]*TLS{}}
	f := finder{namespace: c.Namespace, given: given, contents: read(ctx, kube, wanted)}
	if ctx.Err() != nil { // a read that timed out does not show what exists
		return nil, context.Cause(ctx)
	}
	if root.name != "" {
		if set.User, err = takeRoot(f.contents[root]); err != nil {
			return nil, err
		}
	}
	for _, m := range members {
		set.members[m.PodName] = f.member(m)
	}
	return set, set.firstError(c, time.Now())
}

// firstError returns the first member's error if no member has credentials. It skips members whose pods do not run, or
// may end again soon: their own trouble is reported instead.
func (s *Set) firstError(c *cluster.Cluster, now time.Time) error {
	var first error
	for _, m := range c.Members {
		if m.PodProblem() != "" {
			continue
		}
		t := s.members[m.PodName]
		if t == nil || t.err == nil {
			return nil
		}
		if m.Crashing(now) {
			continue
		}
		if first == nil {
			first = t.err
		}
	}
	return first
}

// speaksTLS reports whether a member serves clients or metrics over TLS. If its pod does not show it, the flags decide.
func speaksTLS(s cluster.Server, given FlagValues) bool {
	return s.Scheme == "https" || s.Metrics.Scheme == "https" || s.Scheme == "" && given.hasTLSFlags()
}

// withSecrets adds the content of the Secrets that the user named.
func (g FlagValues) withSecrets(ctx context.Context, kube kubernetes.Interface, c *cluster.Cluster) (FlagValues, error) {
	var named []object
	for _, o := range []*object{&g.tlsSecret, &g.userSecret} {
		if o.name == "" {
			continue
		}
		if o.namespace == "" {
			o.namespace = c.Namespace
		}
		named = append(named, *o)
	}
	contents := read(ctx, kube, named)
	var err error
	if g.tlsSecret.name != "" {
		if err = g.takeTLS(contents[g.tlsSecret]); err != nil {
			return g, err
		}
	}
	if g.userSecret.name != "" {
		root := RootPasswordOf(c)
		if root.Secret != g.userSecret.name || c.Namespace != g.userSecret.namespace {
			root.Key = ""
		}
		g.user, err = g.user.takeUser(contents[g.userSecret], root.Key)
	}
	return g, err
}

// takeTLS takes from a Secret what the flags with files did not give.
func (g *FlagValues) takeTLS(c content) error {
	if c.err != nil {
		return fmt.Errorf("%w (needed for --etcd-tls-secret; --etcd-cacert, --etcd-cert and --etcd-key take files)", c.err)
	}
	authorities, pairs := c.authorities(), c.pairs()
	if err := c.flaw(pairs); err != nil {
		return fmt.Errorf("--etcd-tls-secret: %w", err)
	}
	if len(authorities) == 0 && len(pairs) == 0 {
		return fmt.Errorf("%s has neither a CA certificate nor a certificate with its key (name its keys ca.crt, tls.crt and tls.key)", c.object)
	}
	if g.ca == nil && len(authorities) > 0 {
		g.ca = join(authorities)
	}
	if g.pair == nil {
		g.pair = bestForClient(pairs, "")
	}
	return nil
}
