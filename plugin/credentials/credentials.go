// Package credentials finds what it takes to speak with an etcd: whom to trust, which certificate to show, which user to
// be. The user's flags come first, then what the members' pods tell and the Secrets behind their mounts hold. No content
// of a Secret is ever printed: errors name where something is, never what it is.
package credentials

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Set are the credentials for one cluster.
type Set struct {
	User    User
	members map[string]*TLS // by pod
}

// TLS returns how TLS is spoken with the member in a pod, or nil where it is not.
func (s *Set) TLS(pod string) *TLS { return s.members[pod] }

// Find gathers the credentials for a cluster. Secrets are read only where it takes them: of certificates none for a cluster
// that speaks plain http, and none that the flags make needless. A member whose credentials cannot be found has an error of its own;
// where that is so for all that run it is Find's.
func Find(ctx context.Context, kube kubernetes.Interface, c *cluster.Cluster, given Given) (*Set, error) {
	if !given.used(c) {
		given.tlsSecret = object{} // it need not even be there
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
	if ctx.Err() != nil { // what was not read in time says nothing of what is there
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
	return set, set.hopeless(c, time.Now())
}

// hopeless returns why no member can be spoken with. One whose pod does not run, or is about to end again, has its own
// trouble to tell.
func (s *Set) hopeless(c *cluster.Cluster, now time.Time) error {
	var first error
	for _, m := range c.Members {
		if m.Trouble() != "" {
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

// speaksTLS reports whether a member serves anything over TLS. Where its pod does not tell, the flags do.
func speaksTLS(s cluster.Server, given Given) bool {
	return s.Scheme == "https" || s.Metrics.Scheme == "https" || s.Scheme == "" && given.secure()
}

// withSecrets adds what the Secrets that the user named hold.
func (g Given) withSecrets(ctx context.Context, kube kubernetes.Interface, c *cluster.Cluster) (Given, error) {
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

// takeTLS takes from a Secret what files do not give.
func (g *Given) takeTLS(c content) error {
	if c.err != nil {
		return fmt.Errorf("%w (needed for --etcd-tls-secret; --etcd-cacert, --etcd-cert and --etcd-key take files)", c.err)
	}
	authorities, pairs := c.authorities(), c.pairs()
	if err := c.flaw(pairs); err != nil {
		return fmt.Errorf("--etcd-tls-secret: %w", err)
	}
	if len(authorities) == 0 && len(pairs) == 0 {
		return fmt.Errorf("%s has neither a CA certificate nor a certificate with its key (its keys are to be called ca.crt, tls.crt and tls.key)", c.object)
	}
	if g.ca == nil && len(authorities) > 0 {
		g.ca = join(authorities)
	}
	if g.pair == nil {
		g.pair = best(pairs, "")
	}
	return nil
}
