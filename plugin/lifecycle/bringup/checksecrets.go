package bringup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// checkSecrets checks certificates from the user's Secrets before anything is changed. A member with a broken certificate does
// not start, and the other members refuse one with wrong names.
func checkSecrets(ctx context.Context, e lifecycle.Env, wanted Existing) error {
	if wanted.Source != cluster.SourceSecret {
		return nil
	}
	now := time.Now()
	servers, peers := []string{"127.0.0.1"}, []string{}
	for i := range wanted.Replicas {
		member := fmt.Sprintf("%s-%d.%s", e.Target.Name, i, wanted.Headless)
		servers, peers = append(servers, fmt.Sprintf("%s.%s.svc", member, e.Target.Namespace)), append(peers, member)
	}
	var errs []error
	check := func(secret, what string, w pki.Requirements) pki.Checked {
		checked, err := checkSecret(ctx, e, secret, w)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %q: %w", what, secret, err))
		}
		return checked
	}
	server := check(wanted.Secrets.Server, "the server's secret", pki.Requirements{
		Now: now, Server: true, Hosts: servers,
	})
	peer := check(wanted.Secrets.Peer, "the peers' secret", pki.Requirements{Now: now, Server: true, Hosts: peers})
	client := check(wanted.Secrets.Client, "the client's secret", pki.Requirements{Now: now})
	if len(errs) > 0 {
		all := errors.Join(errs...)
		return fmt.Errorf("the members cannot use the certificates, and nothing was changed:\n  %s", strings.ReplaceAll(all.Error(), "\n", "\n  "))
	}
	if !vouches(server, client) {
		return fmt.Errorf("the CA in secret %q, with which members verify client certificates, did not sign the client certificate in secret %q",
			wanted.Secrets.Server, wanted.Secrets.Client)
	}
	if vouches(peer, client) {
		e.Progress.Step("note: the CA in secret %q signs client certificates too: only the name check keeps a client with such a certificate off the peer port (use a separate CA for peers)", wanted.Secrets.Peer)
	}
	noteExpiry(e, server, peer, client)
	return nil
}

func checkSecret(ctx context.Context, e lifecycle.Env, name string, w pki.Requirements) (pki.Checked, error) {
	secret, err := deploy.ReadSecret(ctx, e.Kube, e.Target.Namespace, name)
	if err != nil {
		return pki.Checked{}, err
	}
	if secret == nil {
		return pki.Checked{}, fmt.Errorf("namespace %q has no secret of that name", e.Target.Namespace)
	}
	return w.Check(secret.Data)
}

// vouches reports whether one of the CAs in by has signed the certificate in of.
func vouches(by, of pki.Checked) bool {
	for _, ca := range by.Trusted {
		if of.Cert.CheckSignatureFrom(ca) == nil {
			return true
		}
	}
	return false
}

// noteExpiry shows the certificates that expire within pki.RenewBefore.
func noteExpiry(e lifecycle.Env, checked ...pki.Checked) {
	for _, c := range checked {
		if time.Now().Add(pki.RenewBefore).After(c.Cert.NotAfter) {
			e.Progress.Step("note: the certificate %q expires on %s", c.Cert.Subject.String(), c.Cert.NotAfter.UTC().Format(time.DateOnly))
		}
	}
}
