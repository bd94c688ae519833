package lifecycle

import (
	"context"
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

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
