package certificates

import (
	"context"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// ClientCertificate describes a client certificate to issue for an application.
type ClientCertificate struct {
	CommonName string
	Secret     string // the Secret to write it to; "" for files
	Life       time.Duration
}

// IssueClient issues a client certificate and writes it to w.Secret. If w.Secret is "", it returns the contents of the files by
// their names instead, and changes nothing.
func IssueClient(ctx context.Context, e lifecycle.Env, w ClientCertificate) (report.Issued, map[string][]byte, error) {
	c, k, err := loadKit(ctx, e, Names{})
	if err != nil {
		return report.Issued{}, nil, err
	}
	if err := k.Usable(); err != nil {
		return report.Issued{}, nil, err
	}
	e = e.WithCluster(c)
	issued := report.Issued{Head: report.NewHead("Issued", c.Namespace, c.Name), CommonName: w.CommonName, Secret: w.Secret}
	if w.Secret == "" {
		l, files, err := k.ClientFiles(w.CommonName, w.Life)
		if err == nil {
			issued.NotAfter = l.Cert.NotAfter.UTC()
		}
		return issued, files, err
	}
	err = e.Hold(ctx, "certs issue", func(ctx context.Context, _ *deploy.Lease) error {
		_, k, err := loadKit(ctx, e, Names{}) // read again: another operation may have replaced the CAs
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
