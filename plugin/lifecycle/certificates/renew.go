package certificates

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// kit returns a cluster of these manifests that runs with TLS, and all its certificates.
func kit(ctx context.Context, e lifecycle.Env, names Names) (*cluster.Cluster, *certs.Kit, error) {
	c, err := e.Find(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c.SealConfig == "" {
		return nil, nil, fmt.Errorf("cluster %q was not deployed from these manifests: its certificates are kept elsewhere (see %q)", c.Name, c.Command("certs list"))
	}
	secrets := cluster.CertificateSecrets(c.StatefulSet)
	if secrets == (cluster.Secrets{}) {
		return nil, nil, fmt.Errorf("cluster %q was brought up without TLS: it has no certificates", c.Name)
	}
	k, err := store(e.Of(c), secrets, names).LoadAll(ctx)
	return c, k, err
}

// do takes steps on Secrets, and tells of each.
func do(ctx context.Context, e lifecycle.Env, steps []certs.Step) error {
	for _, s := range steps {
		if err := s.Do(ctx); err != nil {
			return err
		}
		e.Progress.Step("secret/%s: %s", s.Secret, s.Text)
	}
	return nil
}

// Renew issues all leaves anew, and waits until every member shows its own. Nobody restarts: etcd reads its
// certificates at each handshake (client/pkg/transport/listener.go, baseConfig), and connections that there are go on.
// The server's certificate gets further names.
func Renew(ctx context.Context, e lifecycle.Env, moreNames []string) error {
	c, k, err := kit(ctx, e, Names{Server: moreNames})
	if err != nil {
		return err
	}
	if err := k.Own(); err != nil {
		return err
	}
	e = e.Of(c)
	return e.Hold(ctx, "certs renew", func(ctx context.Context, lease *deploy.Lease) error {
		if c, k, err = kit(ctx, e, Names{Server: moreNames}); err != nil {
			return err
		}
		for _, l := range k.Leaves {
			if err := do(ctx, e, []certs.Step{k.Issue(l)}); err != nil {
				return err
			}
		}
		if err := lease.Step(ctx, "certs renew: wait until every member shows its new certificate"); err != nil {
			return err
		}
		return awaitLeaves(ctx, e, c, k)
	})
}

// AwaitShown waits until every running member shows the certificates that the Secrets hold.
func AwaitShown(ctx context.Context, e lifecycle.Env, names Names) error {
	c, k, err := kit(ctx, e, names)
	if err != nil {
		return err
	}
	return awaitLeaves(ctx, e, c, k)
}

// awaitLeaves waits until every running member shows what its Secrets hold.
func awaitLeaves(ctx context.Context, e lifecycle.Env, c *cluster.Cluster, k *certs.Kit) error {
	if err := Nudge(ctx, e, c); err != nil {
		return err
	}
	server, peer := k.Leaves[0].Cert, k.Leaves[1].Cert
	err := awaitMembers(ctx, e, "waiting until every member shows its new certificates", func(m MemberShown) string {
		return showsOther(m, server, peer)
	})
	if err == nil {
		e.Progress.Step("every member shows its new certificates")
	}
	return err
}

// Nudge has the kubelets renew what the pods of a cluster mount.
func Nudge(ctx context.Context, e lifecycle.Env, c *cluster.Cluster) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, m := range c.Members {
		if m.Pod != nil {
			group.Go(func() error { return deploy.Nudge(ctx, e.Kube, m.Pod) })
		}
	}
	return group.Wait()
}
