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

// Step is something to be done to a Secret.
type Step struct {
	Secret, Text string
	do           func(context.Context) error
}

// Do does it.
func (s Step) Do(ctx context.Context) error { return s.do(ctx) }

// Missing returns what has to be done so that every member has what it takes: authorities and leaves that are not there,
// leaves that expire soon or lack a name, and those that do not say whom to trust now. It fails where a leaf is to be
// made and its authority is lost.
func (k *Kit) Missing(now time.Time) ([]Step, error) {
	if err := k.sound(); err != nil {
		return nil, err
	}
	var steps []Step
	for _, a := range k.authorities() {
		step, err := k.authority(a, now)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step...)
	}
	for _, l := range k.Leaves {
		switch why := l.due(now); {
		case why != "" && l.Cert != nil:
			steps = append(steps, k.issue(l, "issue the certificate anew: "+why))
		case why != "":
			steps = append(steps, k.issue(l, "make the certificate for "+l.For))
		case l.by.Authority != nil && !sameCerts(l.trusted, l.by.Trusted()):
			steps = append(steps, k.retrust(l, l.by.Trusted))
		}
	}
	return steps, nil
}

// authority makes an authority where there is none yet. Where it has signed before, it is lost: another one would not be
// trusted by members that run.
func (k *Kit) authority(a *Authority, now time.Time) ([]Step, error) {
	if a.Authority != nil {
		return nil, nil
	}
	var orphan *Leaf
	needed := false
	for _, l := range k.Leaves {
		if l.by != a {
			continue
		}
		needed = needed || l.due(now) != ""
		if l.Cert != nil {
			orphan = l
		}
	}
	switch {
	case !needed:
		return nil, nil
	case orphan != nil:
		return nil, k.lost(a, orphan)
	case k.Bootstrapped:
		return nil, fmt.Errorf("secret %q in namespace %q is not there, and the members of cluster %q trust the CA that it held and no other (put it back; else bring up a new cluster, and restore a snapshot there)",
			a.Secret, k.Namespace, k.Cluster)
	}
	return []Step{{a.Secret, "make the " + a.name, func(ctx context.Context) error { return k.found(ctx, a) }}}, nil
}

func (k *Kit) lost(a *Authority, l *Leaf) error {
	return fmt.Errorf("secret %q in namespace %q is not there, and with it the CA that vouches for the certificate in secret %q (put it back; else bring up a new cluster, and restore a snapshot there)",
		a.Secret, k.Namespace, l.Secret)
}

// found makes a new authority.
func (k *Kit) found(ctx context.Context, a *Authority) error {
	signer, err := pki.NewAuthority(a.name)
	if err != nil {
		return err
	}
	a.Authority = &pki.Authority{Signer: signer}
	return k.Save(ctx, a)
}

// Save writes an authority's Secret.
func (k *Kit) Save(ctx context.Context, a *Authority) error {
	data, err := a.Data()
	if err != nil {
		return err
	}
	return k.write(ctx, cluster.ComponentAuthority, a.Secret, data)
}

// Issue returns the step that issues a leaf anew.
func (k *Kit) Issue(l *Leaf) Step { return k.issue(l, "issue the certificate anew") }

func (k *Kit) issue(l *Leaf, text string) Step {
	return Step{l.Secret, text, func(ctx context.Context) error {
		if l.by.Authority == nil {
			return k.lost(l.by, l)
		}
		pair, err := l.by.Signer.Issue(l.wanted())
		if err != nil {
			return err
		}
		return k.keep(ctx, l, pair, l.by.Trusted())
	}}
}

// retrust has a leaf's Secret say whom to trust, and leaves the certificate as it is.
func (k *Kit) retrust(l *Leaf, trusted func() []*x509.Certificate) Step {
	return Step{l.Secret, "write whom to trust", func(ctx context.Context) error { return k.keep(ctx, l, l.pair, trusted()) }}
}

func (k *Kit) keep(ctx context.Context, l *Leaf, pair pki.Pair, trusted []*x509.Certificate) error {
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

func (k *Kit) write(ctx context.Context, component, name string, data map[string][]byte) error {
	return deploy.WriteSecret(ctx, k.Kube, k.Namespace, deploy.Secret{Cluster: k.Cluster, Component: component, Name: name, Data: data})
}
