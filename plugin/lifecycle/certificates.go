package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// Wanted is what a cluster is to be.
type Wanted struct {
	Objects []*unstructured.Unstructured
	Names   CertificateNames
}

// CertificateNames are what its certificates are to be for.
type CertificateNames struct{ Server, Peer []string }

// store is where the certificates are that the pods of a cluster mount.
func (e Env) store(secrets cluster.Secrets, names CertificateNames) certs.Store {
	return certs.Store{
		Kube: e.Kube, Namespace: e.Target.Namespace, Cluster: e.Target.Name, Secrets: secrets, ServerNames: names.Server, PeerNames: names.Peer,
	}
}

// bootstrapped reports whether the members of a cluster have run: it was sealed once.
func (x Existing) bootstrapped() bool {
	return x.Seal.State == cluster.SealClosed || x.Seal.State == cluster.SealOpen
}

// makeCertificates makes what is missing, before there is a pod that would wait for it. Pods that there are get what was
// made anew at once.
func (e Env) makeCertificates(ctx context.Context, existing, wanted Existing, names CertificateNames) error {
	if wanted.Source != cluster.SourceAuto {
		return nil
	}
	steps, err := e.missingCertificates(ctx, existing, wanted.Secrets, names)
	if err != nil {
		return err
	}
	if err := e.do(ctx, steps); err != nil || len(steps) == 0 || existing.StatefulSet == nil {
		return err
	}
	c, err := e.find(ctx)
	if err != nil {
		return err
	}
	return e.nudge(ctx, c)
}

func (e Env) missingCertificates(ctx context.Context, existing Existing, secrets cluster.Secrets, names CertificateNames) ([]certs.Step, error) {
	store := e.store(secrets, names)
	store.Bootstrapped = existing.bootstrapped()
	kit, err := store.Load(ctx)
	if err != nil {
		return nil, err
	}
	return kit.Missing(time.Now())
}

// PlanCertificates returns what Up would do to the Secrets of a cluster, as what an apply would do to objects.
func (e Env) PlanCertificates(ctx context.Context, w Wanted) ([]string, error) {
	wanted, err := wantedState(w.Objects)
	if err != nil || wanted.Source != cluster.SourceAuto {
		return nil, err
	}
	existing, err := e.Existing(ctx)
	if err != nil {
		return nil, err
	}
	steps, err := e.missingCertificates(ctx, existing, wanted.Secrets, w.Names)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, s := range steps {
		texts = append(texts, fmt.Sprintf("secret/%s: %s", s.Secret, s.Text))
	}
	return texts, nil
}

// checkSecrets judges certificates that somebody else made before anything is changed: a member that cannot read its own
// does not start, and one whose names are wrong is refused by the others.
func (e Env) checkSecrets(ctx context.Context, wanted Existing) error {
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
	check := func(secret, what string, w pki.Want) pki.Checked {
		checked, err := e.checkSecret(ctx, secret, w)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %q: %w", what, secret, err))
		}
		return checked
	}
	server := check(wanted.Secrets.Server, "the server's secret", pki.Want{
		Now: now, Server: true, Hosts: servers,
	})
	peer := check(wanted.Secrets.Peer, "the peers' secret", pki.Want{Now: now, Server: true, Hosts: peers})
	client := check(wanted.Secrets.Client, "the client's secret", pki.Want{Now: now})
	if len(errs) > 0 {
		all := errors.Join(errs...)
		return fmt.Errorf("the certificates are not as the members need them, and nothing was changed:\n  %s", strings.ReplaceAll(all.Error(), "\n", "\n  "))
	}
	if !vouches(server, client) {
		return fmt.Errorf("the CA in secret %q, which members take client certificates by, does not vouch for the client certificate in secret %q",
			wanted.Secrets.Server, wanted.Secrets.Client)
	}
	if vouches(peer, client) {
		e.Progress.Step("note: the CA in secret %q vouches for client certificates too: only the name check keeps an application's off the peer port (make a CA for peers alone)", wanted.Secrets.Peer)
	}
	e.noteExpiry(server, peer, client)
	return nil
}

func (e Env) checkSecret(ctx context.Context, name string, w pki.Want) (pki.Checked, error) {
	secret, err := deploy.ReadSecret(ctx, e.Kube, e.Target.Namespace, name)
	if err != nil {
		return pki.Checked{}, err
	}
	if secret == nil {
		return pki.Checked{}, fmt.Errorf("there is none of that name in namespace %q", e.Target.Namespace)
	}
	return w.Check(secret.Data)
}

func vouches(by, of pki.Checked) bool {
	for _, ca := range by.Trusted {
		if of.Cert.CheckSignatureFrom(ca) == nil {
			return true
		}
	}
	return false
}

func (e Env) noteExpiry(checked ...pki.Checked) {
	for _, c := range checked {
		if time.Now().Add(pki.RenewBefore).After(c.Cert.NotAfter) {
			e.Progress.Step("note: the certificate %q expires on %s", c.Cert.Subject.String(), c.Cert.NotAfter.UTC().Format(time.DateOnly))
		}
	}
}
