package credentials

import (
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// As returns the same credentials with another user.
func (g FlagValues) As(user User) FlagValues {
	g.user, g.userSecret = user, object{}
	return g
}

// HasUser reports whether the flags give an etcd user.
func (g FlagValues) HasUser() bool { return g.user.Name != "" || g.userSecret.name != "" }

// root returns the Secret that may have the password of etcd's user root. It returns none if the flags give a user, if
// the common name of the client certificate is the user, or if the cluster is not of these manifests: its Secrets are
// then not ours to read.
func (g FlagValues) root(c *cluster.Cluster) object {
	byCertificate := slices.ContainsFunc(c.Members, func(m cluster.Member) bool { return m.Server.TLS.CertUsers })
	if g.user.Name != "" || byCertificate || c.SealConfig == "" || len(c.Members) == 0 {
		return object{}
	}
	return object{settings.Secret, c.Namespace, cluster.RootSecret(c.Name)}
}

// takeRoot returns the user in that Secret. It returns none if the Secret does not exist, as when authentication was
// never on, or if the caller may not get it: etcd then says that it needs a user.
func takeRoot(c content) (User, error) {
	switch {
	case apierrors.IsNotFound(c.err), apierrors.IsForbidden(c.err):
		return User{}, nil
	case c.err != nil:
		return User{}, c.err
	}
	user := User{Name: c.first("username"), Password: c.first("password")}
	if user.Name == "" || user.Password == "" {
		return User{}, nil
	}
	return user, nil
}
