// Package certificates makes, lists, renews and replaces the certificates of a cluster of these manifests, and waits until
// its members show them.
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

// Names are what a cluster's certificates are to be for.
type Names struct{ Server, Peer []string }

// Wanted are those that the pods of a cluster are to mount.
type Wanted struct {
	Secrets      cluster.Secrets // that they are kept in
	Names        Names
	Bootstrapped bool // members have run: a CA that is gone is not replaced by one that they do not trust
}

// store is where the certificates are that the pods of a cluster mount.
func store(e lifecycle.Env, secrets cluster.Secrets, names Names) certs.Store {
	return certs.Store{
		Kube: e.Kube, Namespace: e.Target.Namespace, Cluster: e.Target.Name, Secrets: secrets, ServerNames: names.Server, PeerNames: names.Peer,
	}
}

// missing returns the steps that make what is missing. It changes nothing.
func missing(ctx context.Context, e lifecycle.Env, w Wanted) ([]certs.Step, error) {
	store := store(e, w.Secrets, w.Names)
	store.Bootstrapped = w.Bootstrapped
	kit, err := store.Load(ctx)
	if err != nil {
		return nil, err
	}
	return kit.Missing(time.Now())
}

// Plan says for people what makeCertificates would do, a line for each Secret.
func Plan(ctx context.Context, e lifecycle.Env, w Wanted) ([]string, error) {
	steps, err := missing(ctx, e, w)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, s := range steps {
		texts = append(texts, fmt.Sprintf("secret/%s: %s", s.Secret, s.Text))
	}
	return texts, nil
}

// Make makes what is missing, and reports whether anything was. The caller holds the Lease.
func Make(ctx context.Context, e lifecycle.Env, w Wanted) (made bool, err error) {
	steps, err := missing(ctx, e, w)
	if err != nil {
		return false, err
	}
	return len(steps) > 0, do(ctx, e, steps)
}

// Create is makeCertificates under the Lease, for a cluster that is brought up by other means.
func Create(ctx context.Context, e lifecycle.Env, w Wanted) error {
	return e.Hold(ctx, "certs create", func(ctx context.Context, _ *deploy.Lease) error {
		made, err := Make(ctx, e, w)
		if err == nil && !made {
			e.Progress.Step("nothing is missing")
		}
		return err
	})
}
