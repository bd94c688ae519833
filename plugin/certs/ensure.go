package certs

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// Step is one write to a Secret. Text describes it.
type Step struct {
	Secret, Text string
	do           func(context.Context) error
}

// Do writes the Secret.
func (s Step) Do(ctx context.Context) error { return s.do(ctx) }

// Missing returns the steps after which every Secret is complete: they create missing CAs and leaves, issue leaves that
// expire within pki.RenewBefore or lack a name, and update the CAs in a leaf's Secret. It fails if a Secret is unusable, or
// if a leaf has to be issued and its CA is lost.
func (k *Certificates) Missing(now time.Time) ([]Step, error) {
	if err := k.checkWritable(); err != nil {
		return nil, err
	}
	var steps []Step
	for _, a := range k.authorities() {
		step, err := k.authoritySteps(a, now)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step...)
	}
	for _, l := range k.Leaves {
		switch why := l.issueReason(now); {
		case why != "" && l.Cert != nil:
			steps = append(steps, k.issue(l, "issue a new certificate: "+why))
		case why != "":
			steps = append(steps, k.issue(l, "issue the certificate for "+l.For))
		case l.issuer.Authority != nil && !sameCerts(l.trusted, l.issuer.Trusted()):
			steps = append(steps, k.updateTrust(l, l.issuer.Trusted))
		}
	}
	return steps, nil
}

// authoritySteps returns the step that creates a CA, if there is none and a leaf needs it. It fails if the CA has signed a
// leaf or members have run: then the CA is lost, and the members would not trust a new one.
func (k *Certificates) authoritySteps(a *Authority, now time.Time) ([]Step, error) {
	if a.Authority != nil {
		return nil, nil
	}
	var orphan *Leaf
	needed := false
	for _, l := range k.Leaves {
		if l.issuer != a {
			continue
		}
		needed = needed || l.issueReason(now) != ""
		if l.Cert != nil {
			orphan = l
		}
	}
	switch {
	case !needed:
		return nil, nil
	case orphan != nil:
		return nil, k.lostAuthorityError(a, orphan)
	case k.Bootstrapped:
		return nil, fmt.Errorf("secret %q in namespace %q does not exist, and the members of cluster %q trust only the CA that it held (restore the secret; otherwise create a new cluster, and restore a snapshot there)",
			a.Secret, k.Namespace, k.Cluster)
	}
	return []Step{{a.Secret, "create the " + a.name, func(ctx context.Context) error { return k.createAuthority(ctx, a) }}}, nil
}

func (k *Certificates) lostAuthorityError(a *Authority, l *Leaf) error {
	return fmt.Errorf("secret %q in namespace %q does not exist, so the CA that signed the certificate in secret %q is lost (restore the secret; otherwise create a new cluster, and restore a snapshot there)",
		a.Secret, k.Namespace, l.Secret)
}

// createAuthority creates a CA and its Secret.
func (k *Certificates) createAuthority(ctx context.Context, a *Authority) error {
	signer, err := pki.NewAuthority(a.name)
	if err != nil {
		return err
	}
	a.Authority = &pki.Authority{Signer: signer}
	return k.Save(ctx, a)
}

// Save writes a CA's Secret.
func (k *Certificates) Save(ctx context.Context, a *Authority) error {
	data, err := a.Data()
	if err != nil {
		return err
	}
	return k.write(ctx, cluster.ComponentAuthority, a.Secret, data)
}

// Issue returns the step that issues a new certificate for a leaf.
func (k *Certificates) Issue(l *Leaf) Step { return k.issue(l, "issue a new certificate") }

func (k *Certificates) issue(l *Leaf, text string) Step {
	return Step{l.Secret, text, func(ctx context.Context) error {
		if l.issuer.Authority == nil {
			return k.lostAuthorityError(l.issuer, l)
		}
		pair, err := l.issuer.Signer.Issue(l.wanted())
		if err != nil {
			return err
		}
		return k.saveLeaf(ctx, l, pair, l.issuer.Trusted())
	}}
}

// updateTrust returns the step that updates the CAs in a leaf's Secret. The certificate stays.
func (k *Certificates) updateTrust(l *Leaf, trusted func() []*x509.Certificate) Step {
	return Step{l.Secret, "write the trusted CAs", func(ctx context.Context) error { return k.saveLeaf(ctx, l, l.pair, trusted()) }}
}

func (k *Certificates) saveLeaf(ctx context.Context, l *Leaf, pair pki.Pair, trusted []*x509.Certificate) error {
	data, err := pair.Files(trusted)
	if err != nil {
		return err
	}
	if err := k.write(ctx, cluster.ComponentCertificate, l.Secret, data); err != nil {
		return err
	}
	l.pair, l.Cert, l.trusted = pair, pair.Cert, trusted
	return nil
}

func (k *Certificates) write(ctx context.Context, component, name string, data map[string][]byte) error {
	return deploy.WriteSecret(ctx, k.Kube, k.Namespace, deploy.Secret{Cluster: k.Cluster, Component: component, Name: name, Data: data})
}
