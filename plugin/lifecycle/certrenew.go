package lifecycle

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
)

// kit returns a cluster of these manifests that runs with TLS, and all its certificates.
func (e Env) kit(ctx context.Context, names CertificateNames) (*cluster.Cluster, *certs.Kit, error) {
	c, err := e.find(ctx)
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
	k, err := e.Of(c).store(secrets, names).LoadAll(ctx)
	return c, k, err
}

// do takes steps on Secrets, and tells of each.
func (e Env) do(ctx context.Context, steps []certs.Step) error {
	for _, s := range steps {
		if err := s.Do(ctx); err != nil {
			return err
		}
		e.Progress.Step("secret/%s: %s", s.Secret, s.Text)
	}
	return nil
}

// RenewCertificates issues all leaves anew, and waits until every member shows its own. Nobody restarts: etcd reads its
// certificates at each handshake (client/pkg/transport/listener.go, baseConfig), and connections that there are go on.
// The server's certificate gets further names.
func (e Env) RenewCertificates(ctx context.Context, moreNames []string) error {
	c, k, err := e.kit(ctx, CertificateNames{Server: moreNames})
	if err != nil {
		return err
	}
	if err := k.Own(); err != nil {
		return err
	}
	e = e.Of(c)
	return e.hold(ctx, "certs renew", func(ctx context.Context, lease *deploy.Lease) error {
		if c, k, err = e.kit(ctx, CertificateNames{Server: moreNames}); err != nil {
			return err
		}
		for _, l := range k.Leaves {
			if err := e.do(ctx, []certs.Step{k.Issue(l)}); err != nil {
				return err
			}
		}
		if err := lease.Step(ctx, "certs renew: wait until every member shows its new certificate"); err != nil {
			return err
		}
		return e.awaitLeaves(ctx, c, k)
	})
}

// awaitCertificatesShown waits until every running member shows the certificates that the Secrets hold.
func (e Env) awaitCertificatesShown(ctx context.Context, names CertificateNames) error {
	c, k, err := e.kit(ctx, names)
	if err != nil {
		return err
	}
	return e.awaitLeaves(ctx, c, k)
}

// awaitLeaves waits until every running member shows what its Secrets hold.
func (e Env) awaitLeaves(ctx context.Context, c *cluster.Cluster, k *certs.Kit) error {
	if err := e.nudge(ctx, c); err != nil {
		return err
	}
	server, peer := k.Leaves[0].Cert, k.Leaves[1].Cert
	err := e.awaitShown(ctx, "waiting until every member shows its new certificates", func(m MemberShown) string {
		return showsOther(m, server, peer)
	})
	if err == nil {
		e.Progress.Step("every member shows its new certificates")
	}
	return err
}

// nudge has the kubelets renew what the pods of a cluster mount.
func (e Env) nudge(ctx context.Context, c *cluster.Cluster) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, m := range c.Members {
		if m.Pod != nil {
			group.Go(func() error { return deploy.Nudge(ctx, e.Kube, m.Pod) })
		}
	}
	return group.Wait()
}
