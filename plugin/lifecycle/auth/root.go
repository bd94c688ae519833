package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// rootPlan is how user root is told from others once authentication is on.
type rootPlan struct {
	secret   string // with its password; or "" where it is by certificate, or by a password that the user gave
	password string // "" until it is known, and where root is by certificate
	why      string // why it is not by certificate
}

// planRoot decides on it, and changes nothing. A Secret that is no good is an error here.
func planRoot(ctx context.Context, e lifecycle.Env, v *lifecycle.View, secret string) (rootPlan, error) {
	login, given := v.Conn.Login(), e.Credentials.HasUser() // a login that was not given was found in a Secret
	why := notByCertificate(v)
	switch {
	case given && secret != "":
		return rootPlan{}, errors.New("--root-secret and credentials of a user are both given (give one of them)")
	case given && login.Name != rootUser:
		return rootPlan{}, fmt.Errorf("user %q could not administer cluster %q once authentication is on (pass root's credentials, or none)", login.Name, v.Cluster.Name)
	case given:
		return rootPlan{password: login.Password}, nil
	case secret == "" && why == "":
		return rootPlan{}, nil
	case secret == "":
		secret = cluster.RootSecret(v.Cluster.Name)
	}
	_, err := deploy.RootPassword(ctx, e.Kube, v.Cluster.Target.Namespace, secret)
	return rootPlan{secret: secret, why: why}, err
}

// notByCertificate says why root cannot be by the certificate that is shown to every member, or "" where it can.
func notByCertificate(v *lifecycle.View) string {
	for _, m := range v.Cluster.Members {
		if !m.Server.TLS.CertUsers {
			return fmt.Sprintf("member %s takes no user from client certificates (--client-cert-auth)", m.Name)
		}
		switch user := v.Conn.User(m); {
		case user.Name == "":
			return "the client certificate has no common name"
		case user.Name != rootUser:
			return fmt.Sprintf("the client certificate is for %q", user.Name)
		}
	}
	return ""
}

// String tells it for people.
func (r rootPlan) String() string {
	switch {
	case r.secret != "":
		if r.why != "" {
			return fmt.Sprintf("User root is by the password in secret %q: %s.", r.secret, r.why)
		}
		return fmt.Sprintf("User root is by the client certificate, and by the password in secret %q.", r.secret)
	case r.password != "":
		return "User root is by the password that was given."
	}
	return `User root is by the client certificate, whose common name is "root".`
}

// provide returns the password that root is to have, and makes the Secret for it where there is none.
func (r rootPlan) provide(ctx context.Context, e lifecycle.Env, c *cluster.Cluster) (string, error) {
	if r.secret == "" {
		return r.password, nil
	}
	return deploy.MakeRootPassword(ctx, e.Kube, c.Namespace, c.Name, r.secret)
}

// told is how root is told from others, with what commands take to be root where they do not find it by themselves.
func (r rootPlan) told(c *cluster.Cluster) report.AuthRoot {
	switch {
	case r.secret == "" && r.password == "":
		return report.AuthRoot{By: "certificate"}
	case r.secret == "":
		return report.AuthRoot{By: "password"}
	}
	root := report.AuthRoot{By: "secret", Secret: c.Namespace + "/" + r.secret}
	if r.why == "" {
		return root
	}
	certUsers := slices.ContainsFunc(c.Members, func(m cluster.Member) bool { return m.Server.TLS.CertUsers })
	if found := c.SealConfig != "" && !certUsers && r.secret == cluster.RootSecret(c.Name); !found {
		root.Flags = "--etcd-credentials-secret " + r.secret
	}
	return root
}
