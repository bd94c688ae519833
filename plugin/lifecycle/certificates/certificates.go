// Package certificates creates, lists, renews and replaces the certificates of a cluster that was deployed from these
// manifests, and waits until its members present them.
package certificates

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// Names are further DNS names and IP addresses for a cluster's certificates.
type Names struct{ Server, Peer []string }

// Wanted describes the certificates that the pods of a cluster mount.
type Wanted struct {
	Secrets      cluster.Secrets // the Secrets with them
	Names        Names
	Bootstrapped bool // members have run: a CA that was deleted is not replaced by one that they do not trust
}

// newStore returns the store of the certificates that the pods of a cluster mount.
func newStore(e lifecycle.Env, secrets cluster.Secrets, names Names) certs.Store {
	return certs.Store{
		Kube: e.Kube, Namespace: e.Target.Namespace, Cluster: e.Target.Name, Secrets: secrets, ServerNames: names.Server, PeerNames: names.Peer,
	}
}

// missingSteps returns the steps that create the missing certificates. It changes nothing.
func missingSteps(ctx context.Context, e lifecycle.Env, w Wanted) ([]certs.Step, error) {
	store := newStore(e, w.Secrets, w.Names)
	store.Bootstrapped = w.Bootstrapped
	kit, err := store.Load(ctx)
	if err != nil {
		return nil, err
	}
	return kit.Missing(time.Now())
}

// Plan returns what Make would do as text for users, a line for each Secret. It changes nothing.
func Plan(ctx context.Context, e lifecycle.Env, w Wanted) ([]string, error) {
	steps, err := missingSteps(ctx, e, w)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, s := range steps {
		texts = append(texts, fmt.Sprintf("secret/%s: %s", s.Secret, s.Text))
	}
	return texts, nil
}

// Make creates the missing certificates, and reports whether any was missing. The caller must hold the Lease.
func Make(ctx context.Context, e lifecycle.Env, w Wanted) (made bool, err error) {
	steps, err := missingSteps(ctx, e, w)
	if err != nil {
		return false, err
	}
	return len(steps) > 0, runSteps(ctx, e, steps)
}

// Create is Make as the holder of the Lease, for a cluster that is brought up by other means.
func Create(ctx context.Context, e lifecycle.Env, w Wanted) error {
	return e.Hold(ctx, "certs create", func(ctx context.Context, _ *deploy.Lease) error {
		made, err := Make(ctx, e, w)
		if err == nil && !made {
			e.Progress.Step("no certificate is missing")
		}
		return err
	})
}
