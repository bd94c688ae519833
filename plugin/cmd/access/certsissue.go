package access

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/files"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/certificates"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// maxCommonName is the length limit of a common name in characters (RFC 5280, ub-common-name).
const maxCommonName = 64

// certsIssueOptions are the options of "certs issue".
type certsIssueOptions struct {
	*cli.Factory
	args                    []string // NAME
	commonName, secret, out string
	noCN                    bool
	life                    time.Duration
}

func newCertsIssue(f *cli.Factory, run func(*certsIssueOptions, context.Context) error) *cobra.Command {
	o := &certsIssueOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "issue [NAME] (--cn USER | --no-cn)",
		Short: "Issue a client certificate for an application, as a Secret or as files",
		Long: `Issue a client certificate for an application, as a Secret or as files.

The result is ca.crt, tls.crt and tls.key. Once etcd's authentication is on, the application is the user that --cn names
("kubectl etcd auth"); until then every client certificate may do everything. A certificate cannot be revoked before it
expires, except by "kubectl etcd certs rotate-ca" or by revoking the user's roles.

If the cluster requires client certificates, a password is not enough to connect. --no-cn issues a certificate that
connects but names no user: the client also gives its user and password. Clients of the HTTP gateway (Patroni, APISIX)
need this kind, because etcd refuses a certificate with a common name there once its authentication is on.`,
		Example: `  kubectl etcd certs issue --cn orders
  kubectl etcd certs issue --cn backup --out ./backup-certificate --ttl 720h
  kubectl etcd certs issue --no-cn`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			o.args = args
			if err := o.validate(); err != nil {
				return cli.Usage(err)
			}
			return run(o, ctx)
		}),
	}
	cmd.Flags().StringVar(&o.commonName, "cn", "", "the user of etcd's authentication that the certificate names")
	cmd.Flags().BoolVar(&o.noCN, "no-cn", false, "the certificate names no user: clients also give a user and a password")
	cmd.Flags().StringVar(&o.secret, "secret", "", "the Secret to store it in (default NAME-client-USER, or NAME-client-no-cn)")
	cmd.Flags().StringVar(&o.out, "out", "", "write it to files in this folder instead, readable only by their owner")
	cmd.Flags().DurationVar(&o.life, "ttl", pki.LeafLife, "how long it is valid, at most as long as the CA")
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"out": cli.AnyFolder})
	f.AddQueueFlag(cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *certsIssueOptions) run(ctx context.Context) error {
	env, err := o.Resolve(ctx, o.args, "")
	if err != nil {
		return err
	}
	if o.secret == "" && o.out == "" {
		o.secret = env.Target.Name + "-client-" + cmp.Or(o.commonName, "no-cn")
		if len(validation.IsDNS1123Subdomain(o.secret)) > 0 {
			return cli.Usage(fmt.Errorf("%q cannot be the name of a Secret (choose one with --secret)", o.secret))
		}
	}
	issued, content, err := certificates.IssueClient(ctx, env, certificates.ClientCertificate{CommonName: o.commonName, Secret: o.secret, Life: o.life})
	if err != nil {
		return err
	}
	if o.out != "" {
		if issued.Files, err = o.write(content); err != nil {
			return err
		}
	}
	return o.Print(render.Issued(issued))
}

func (o *certsIssueOptions) validate() error {
	switch {
	case o.noCN && o.commonName != "":
		return errors.New("--cn and --no-cn exclude each other")
	case o.commonName == "" && !o.noCN:
		return errors.New("no user is given for the certificate (pass --cn USER, or --no-cn for clients with a password)")
	case len(o.commonName) > maxCommonName:
		return fmt.Errorf("--cn %q is longer than %d characters, the limit of a certificate's common name", o.commonName, maxCommonName)
	case strings.ContainsFunc(o.commonName, unicode.IsControl):
		return fmt.Errorf("--cn %q has control characters", o.commonName)
	case o.secret != "" && o.out != "":
		return errors.New("--secret and --out exclude each other")
	case o.secret != "" && len(validation.IsDNS1123Subdomain(o.secret)) > 0:
		return fmt.Errorf("--secret %q cannot be the name of a Secret", o.secret)
	case o.life < time.Minute:
		return fmt.Errorf("--ttl %s is shorter than a minute", o.life)
	}
	return nil
}

// write writes the files and returns their paths. The key is first, so that a certificate never lacks its key.
func (o *certsIssueOptions) write(content map[string][]byte) ([]string, error) {
	if err := files.MakeFolder(o.out); err != nil {
		return nil, err
	}
	var written []string
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(content))) {
		file := filepath.Join(o.out, name)
		if err := files.Write(file, content[name]); err != nil {
			return written, err
		}
		written = append(written, file)
	}
	return written, nil
}
