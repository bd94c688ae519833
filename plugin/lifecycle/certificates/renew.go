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

// loadKit returns the target and all its certificates. It returns an error if the cluster was not deployed from these manifests
// or runs without TLS.
func loadKit(ctx context.Context, e lifecycle.Env, names Names) (*cluster.Cluster, *certs.Certificates, error) {
	c, err := e.Find(ctx)
	if err != nil {
		return nil, nil, err
	}
	if c.SealConfig == "" {
		return nil, nil, fmt.Errorf("cluster %q was not deployed from these manifests: this program does not manage its certificates (see %q)", c.Name, c.Command("certs list"))
	}
	secrets := cluster.CertificateSecrets(c.StatefulSet)
	if secrets == (cluster.Secrets{}) {
		return nil, nil, fmt.Errorf("cluster %q was brought up without TLS: it has no certificates", c.Name)
	}
	k, err := newStore(e.WithCluster(c), secrets, names).LoadAll(ctx)
	return c, k, err
}

// runSteps runs steps on Secrets, and shows each on e.Progress.
func runSteps(ctx context.Context, e lifecycle.Env, steps []certs.Step) error {
	for _, s := range steps {
		if err := s.Do(ctx); err != nil {
			return err
		}
		e.Progress.Step("secret/%s: %s", s.Secret, s.Text)
	}
	return nil
}

// Renew issues all leaf certificates again, that of the server for moreNames too, and waits until every member presents its new
// ones. No member restarts: etcd reads its certificates at each handshake (client/pkg/transport/listener.go, baseConfig), and
// existing connections stay open.
func Renew(ctx context.Context, e lifecycle.Env, moreNames []string) error {
	c, k, err := loadKit(ctx, e, Names{Server: moreNames})
	if err != nil {
		return err
	}
	if err := k.Own(); err != nil {
		return err
	}
	e = e.WithCluster(c)
	return e.Hold(ctx, "certs renew", func(ctx context.Context, lease *deploy.Lease) error {
		if c, k, err = loadKit(ctx, e, Names{Server: moreNames}); err != nil {
			return err
		}
		for _, l := range k.Leaves {
			if err := runSteps(ctx, e, []certs.Step{k.Issue(l)}); err != nil {
				return err
			}
		}
		if err := lease.Step(ctx, "certs renew: wait until every member serves its new certificate"); err != nil {
			return err
		}
		return awaitLeaves(ctx, e, c, k)
	})
}

// AwaitShown waits until every running member presents the certificates in the Secrets.
func AwaitShown(ctx context.Context, e lifecycle.Env, names Names) error {
	c, k, err := loadKit(ctx, e, names)
	if err != nil {
		return err
	}
	return awaitLeaves(ctx, e, c, k)
}

// awaitLeaves waits until every running member presents the leaf certificates of k.
func awaitLeaves(ctx context.Context, e lifecycle.Env, c *cluster.Cluster, k *certs.Certificates) error {
	if err := Nudge(ctx, e, c); err != nil {
		return err
	}
	server, peer := k.Leaves[0].Cert, k.Leaves[1].Cert
	err := awaitMembers(ctx, e, "waiting until every member serves its new certificates", func(m MemberShown) string {
		return oldCertificate(m, server, peer)
	})
	if err == nil {
		e.Progress.Step("every member serves its new certificates")
	}
	return err
}

// Nudge makes the kubelets update the Secret volumes of a cluster's pods now.
func Nudge(ctx context.Context, e lifecycle.Env, c *cluster.Cluster) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, m := range c.Members {
		if m.Pod != nil {
			group.Go(func() error { return deploy.RefreshPodVolumes(ctx, e.Kube, m.Pod) })
		}
	}
	return group.Wait()
}
