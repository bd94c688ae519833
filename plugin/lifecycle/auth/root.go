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

// rootPlan is how user root authenticates once authentication is on.
type rootPlan struct {
	secret   string // the Secret with its password, or "" with a certificate or a password that the user gave
	password string // "" until it is known, and with a certificate
	why      string // why root cannot authenticate by certificate, or ""
}

// planRoot chooses how root authenticates, and changes nothing. It returns an error if the Secret exists and is not usable.
func planRoot(ctx context.Context, e lifecycle.Env, v *lifecycle.View, secret string) (rootPlan, error) {
	login, given := v.Conn.Login(), e.Credentials.HasUser() // a login that the user did not give comes from a Secret
	why := whyNotByCertificate(v)
	switch {
	case given && secret != "":
		return rootPlan{}, errors.New("--root-secret and the credentials of a user are both given (use one of them)")
	case given && login.Name != rootUser:
		return rootPlan{}, fmt.Errorf("user %q could not administer cluster %q once authentication is on (use root's credentials, or none)", login.Name, v.Cluster.Name)
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

// whyNotByCertificate returns why root cannot authenticate to every member by the client certificate, or "" if it can.
func whyNotByCertificate(v *lifecycle.View) string {
	for _, m := range v.Cluster.Members {
		if !m.Server.TLS.CertUsers {
			return fmt.Sprintf("member %s does not authenticate users by client certificate (--client-cert-auth)", m.Name)
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

// String returns how root authenticates, as a sentence for users.
func (r rootPlan) String() string {
	switch {
	case r.secret != "":
		if r.why != "" {
			return fmt.Sprintf("User root authenticates with the password in secret %q: %s.", r.secret, r.why)
		}
		return fmt.Sprintf("User root authenticates with the client certificate, or with the password in secret %q.", r.secret)
	case r.password != "":
		return "User root authenticates with the password that you gave."
	}
	return `User root authenticates with the client certificate, whose common name is "root".`
}

// ensurePassword returns root's password, "" for a certificate. It creates the Secret if it does not exist.
func (r rootPlan) ensurePassword(ctx context.Context, e lifecycle.Env, c *cluster.Cluster) (string, error) {
	if r.secret == "" {
		return r.password, nil
	}
	return deploy.MakeRootPassword(ctx, e.Kube, c.Namespace, c.Name, r.secret)
}

// toReport returns how root authenticates, with the flags that commands need for it if they do not find the Secret themselves.
func (r rootPlan) toReport(c *cluster.Cluster) report.AuthRoot {
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
