package certificates

import (
	"context"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// ClientCertificate is one that an application is to get.
type ClientCertificate struct {
	CommonName string
	Secret     string // where it is to be kept; "" is in files
	Life       time.Duration
}

// IssueClient issues a client certificate, into a Secret; without one it returns what is to be in files, by their names.
func IssueClient(ctx context.Context, e lifecycle.Env, w ClientCertificate) (report.Issued, map[string][]byte, error) {
	c, k, err := kit(ctx, e, Names{})
	if err != nil {
		return report.Issued{}, nil, err
	}
	if err := k.Usable(); err != nil {
		return report.Issued{}, nil, err
	}
	e = e.Of(c)
	issued := report.Issued{Head: report.NewHead("Issued", c.Namespace, c.Name), CommonName: w.CommonName, Secret: w.Secret}
	if w.Secret == "" {
		l, files, err := k.ClientFiles(w.CommonName, w.Life)
		if err == nil {
			issued.NotAfter = l.Cert.NotAfter.UTC()
		}
		return issued, files, err
	}
	err = e.Hold(ctx, "certs issue", func(ctx context.Context, _ *deploy.Lease) error {
		_, k, err := kit(ctx, e, Names{}) // another operation may have been under way
		if err != nil {
			return err
		}
		l, err := k.IssueClient(ctx, w.CommonName, w.Secret, w.Life)
		if err == nil {
			issued.NotAfter = l.Cert.NotAfter.UTC()
		}
		return err
	})
	return issued, nil, err
}
