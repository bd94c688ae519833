package credentials

import (
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// As returns the same credentials, but to be another user.
func (g Given) As(user User) Given {
	g.user, g.userSecret = user, object{}
	return g
}

// HasUser reports whether the user said whom to be.
func (g Given) HasUser() bool { return g.user.Name != "" || g.userSecret.name != "" }

// root returns the Secret that may have the password of user root, or none where it is not looked for: the user gave one,
// the common name of a client's certificate is who one is, or the cluster is somebody else's, whose Secrets are no
// business of ours.
func (g Given) root(c *cluster.Cluster) object {
	byCertificate := slices.ContainsFunc(c.Members, func(m cluster.Member) bool { return m.Server.TLS.CertUsers })
	if g.user.Name != "" || byCertificate || c.SealConfig == "" || len(c.Members) == 0 {
		return object{}
	}
	return object{settings.Secret, c.Namespace, cluster.RootSecret(c.Name)}
}

// takeRoot takes the user from that Secret. Without it one is nobody, as where authentication was never on; so is who may
// not read it, and etcd says so where that matters.
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
