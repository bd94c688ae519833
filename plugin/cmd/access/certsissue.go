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

// maxCommonName is what a certificate has room for (RFC 5280, ub-common-name).
const maxCommonName = 64

type issueOptions struct {
	*cli.Factory
	commonName, secret, out string
	noCN                    bool
	life                    time.Duration
}

func certsIssueCommand(o *cli.Factory) *cobra.Command {
	i := &issueOptions{Factory: o}
	cmd := &cobra.Command{
		Use:   "issue [NAME] (--cn USER | --no-cn)",
		Short: "Issue a client certificate for an application, as a Secret or as files",
		Long: `Issue a client certificate for an application, as a Secret or as files.

It comes with ca.crt, tls.crt and tls.key. Once etcd's authentication is on, the application is the user that --cn names
("kubectl etcd auth"); until then every client certificate may do everything. It cannot be taken back before it expires,
but by "kubectl etcd certs rotate-ca" or by taking the user its rights.

A password alone does not reach a cluster that asks for client certificates. --no-cn makes a certificate that connects and is
no user: with it a client gives its user and password. Clients of the HTTP gateway (Patroni, APISIX) need this one, because
etcd refuses a certificate with a common name there once its authentication is on.`,
		Example: `  kubectl etcd certs issue --cn orders
  kubectl etcd certs issue --cn backup --out ./backup-certificate --ttl 720h
  kubectl etcd certs issue --no-cn`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.CompleteName,
		RunE:              o.WithLimit(cli.ReadLimit, i.run),
	}
	cmd.Flags().StringVar(&i.commonName, "cn", "", "whose it is: the user of etcd's authentication")
	cmd.Flags().BoolVar(&i.noCN, "no-cn", false, "it is no user's: clients give a user and a password beside it")
	cmd.Flags().StringVar(&i.secret, "secret", "", "the Secret to keep it in (default NAME-client-USER, or NAME-client-no-cn)")
	cmd.Flags().StringVar(&i.out, "out", "", "write it into files in this folder instead, for its owner alone to read")
	cmd.Flags().DurationVar(&i.life, "ttl", pki.LeafLife, "how long it holds, at most as long as the CA")
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"out": cli.AnyFolder})
	o.AddQueueFlag(cmd)
	o.AddOutputFlag(cmd)
	return cmd
}

func (i *issueOptions) run(ctx context.Context, args []string) error {
	if err := i.validateIssue(); err != nil {
		return cli.Usage(err)
	}
	env, err := i.Resolve(ctx, args, "")
	if err != nil {
		return err
	}
	if i.secret == "" && i.out == "" {
		i.secret = env.Target.Name + "-client-" + cmp.Or(i.commonName, "no-cn")
		if len(validation.IsDNS1123Subdomain(i.secret)) > 0 {
			return cli.Usage(fmt.Errorf("no Secret can be called %q (name one with --secret)", i.secret))
		}
	}
	issued, content, err := certificates.IssueClient(ctx, env, certificates.ClientCertificate{CommonName: i.commonName, Secret: i.secret, Life: i.life})
	if err != nil {
		return err
	}
	if i.out != "" {
		if issued.Files, err = i.write(content); err != nil {
			return err
		}
	}
	return i.Print(render.Issued(issued))
}

func (i *issueOptions) validateIssue() error {
	switch {
	case i.noCN && i.commonName != "":
		return errors.New("--cn and --no-cn exclude each other")
	case i.commonName == "" && !i.noCN:
		return errors.New("whose certificate it is to be is not said (pass --cn USER, or --no-cn for clients with a password)")
	case len(i.commonName) > maxCommonName:
		return fmt.Errorf("--cn %q has more than the %d characters that a certificate has room for", i.commonName, maxCommonName)
	case strings.ContainsFunc(i.commonName, unicode.IsControl):
		return fmt.Errorf("--cn %q has control characters", i.commonName)
	case i.secret != "" && i.out != "":
		return errors.New("--secret and --out exclude each other")
	case i.secret != "" && len(validation.IsDNS1123Subdomain(i.secret)) > 0:
		return fmt.Errorf("--secret %q is no name of a Secret", i.secret)
	case i.life < time.Minute:
		return fmt.Errorf("--ttl %s is shorter than a minute", i.life)
	}
	return nil
}

// write writes the files, the key first: a certificate that is there has its key.
func (i *issueOptions) write(content map[string][]byte) ([]string, error) {
	if err := files.MakeFolder(i.out); err != nil {
		return nil, err
	}
	var written []string
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(content))) {
		file := filepath.Join(i.out, name)
		if err := files.Write(file, content[name]); err != nil {
			return written, err
		}
		written = append(written, file)
	}
	return written, nil
}
