package access

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/bringup"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/certificates"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

func newCerts(f *cli.Factory) *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:   "certs",
		Short: "List, renew, replace and issue certificates",
		Long: `List, renew, replace and issue certificates.

A cluster has two CAs: one signs the certificates of the server and of clients, the other those of peers, so that no
client certificate opens the peer port. Their private keys are in Secrets that no pod mounts. Certificates that "up" or
"certs create" created are renewed by these commands; those of cert-manager and your own are only listed.`,
		Example: `  kubectl etcd certs list
  kubectl etcd certs renew
  kubectl etcd certs issue --cn orders`,
	},
		newCertsList(f, (*certsListOptions).run),
		newCertsCreate(f, (*certsCreateOptions).run),
		newCertsRenew(f, (*certsRenewOptions).run),
		newCertsRotate(f, (*certsRotateOptions).run),
		newCertsIssue(f, (*certsIssueOptions).run))
}

// certsListOptions are the options of "certs list".
type certsListOptions struct {
	*cli.Factory
	args []string // NAME
}

func newCertsList(f *cli.Factory, run func(*certsListOptions, context.Context) error) *cobra.Command {
	o := &certsListOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "list [NAME]",
		Short: "Show subject, names, usages and expiry of each certificate, and which member serves which",
		Long: `Show subject, names, usages and expiry of each certificate, and which member serves which.

The command connects to both ports of every member without a certificate, so it works even if no other command does.
Exit status 3 says that a certificate has expired.`,
		Example: `  kubectl etcd certs list
  kubectl etcd certs list orders -n shop -o wide`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			o.args = args
			return run(o, ctx)
		}),
	}
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *certsListOptions) run(ctx context.Context) error {
	return printCertificates(ctx, o.Factory, o.args)
}

// printCertificates prints the certificates of the cluster in NAME or --etcd. It returns a BadNewsError if one has expired.
func printCertificates(ctx context.Context, f *cli.Factory, args []string) error {
	env, err := f.EnvOf(args)
	if err != nil {
		return err
	}
	list, err := certificates.List(ctx, env)
	if err != nil {
		return err
	}
	if err := f.Print(render.Certificates(list)); err != nil {
		return err
	}
	if expired := list.Expired(); len(expired) > 0 {
		return cli.BadNews("expired: " + strings.Join(expired, ", "))
	}
	return nil
}

// certsCreateOptions are the options of "certs create".
type certsCreateOptions struct {
	*cli.Factory
	args  []string // NAME
	names []string // --tls-san
}

func newCertsCreate(f *cli.Factory, run func(*certsCreateOptions, context.Context) error) *cobra.Command {
	o := &certsCreateOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "create [NAME]",
		Short: "Create the missing certificates of a cluster that \"up\" did not create",
		Long: `Create the missing certificates of a cluster that "up" did not create, but plain kustomize or GitOps, for example. Its
pods wait for the Secrets. Existing certificates stay as they are. "up" does the same itself.`,
		Example:           `  kubectl apply -k ./etcd && kubectl etcd certs create`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			o.args = args
			if err := validateNames(o.names); err != nil {
				return err
			}
			return run(o, ctx)
		}),
	}
	addNames(cmd, &o.names)
	f.AddQueueFlag(cmd)
	return cmd
}

func (o *certsCreateOptions) run(ctx context.Context) error {
	env, err := o.Resolve(ctx, o.args, kustomize.DefaultName)
	if err != nil {
		return err
	}
	existing, err := bringup.ReadExisting(ctx, env)
	if err != nil {
		return err
	}
	secrets, names := certificatesOf(existing, env.Target, o.names)
	return certificates.Create(ctx, env, existing.Certificates(secrets, names))
}

// certificatesOf returns the Secrets and the names of a cluster's certificates: those that exist, or else the manifests'
// defaults.
func certificatesOf(x bringup.Existing, target cluster.Target, more []string) (cluster.Secrets, certificates.Names) {
	secrets, headless, client := x.Secrets, x.Headless, x.Client
	if secrets == (cluster.Secrets{}) {
		secrets = cluster.Secrets(kustomize.DefaultSecrets(target.Name))
	}
	if headless == "" {
		headless = target.Name
	}
	if client == "" {
		client = target.Name + "-client"
	}
	return secrets, cli.CertificateNames(headless, client, target.Namespace, more)
}

// validateNames returns a UsageError if one of names cannot be a name in a certificate.
func validateNames(names []string) error {
	if err := (kustomize.Options{Overlay: kustomize.LocalOverlay, TLS: kustomize.TLSAuto, Names: names}).Validate(); err != nil {
		return cli.Usage(err)
	}
	return nil
}

func addNames(cmd *cobra.Command, names *[]string) {
	cmd.Flags().StringSliceVar(names, "tls-san", nil, "more names and addresses for the server's certificate, such as a load balancer's")
}

// certsRenewOptions are the options of "certs renew".
type certsRenewOptions struct {
	*cli.Factory
	args  []string // NAME
	names []string // --tls-san
}

func newCertsRenew(f *cli.Factory, run func(*certsRenewOptions, context.Context) error) *cobra.Command {
	o := &certsRenewOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "renew [NAME]",
		Short: "Renew the certificates of the server, peers and clients, without a restart",
		Long: `Renew the certificates of the server, peers and clients, without a restart.

etcd reads its certificates at each new connection; existing connections continue. The command waits until every member
serves the new certificates. Certificates of applications that are kept in Secrets are renewed too; the previous ones
stay valid until they expire. The CAs are kept: to replace them, see "kubectl etcd certs rotate-ca".`,
		Example: `  kubectl etcd certs renew
  kubectl etcd certs renew --tls-san etcd.example.com`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
		RunE: f.WithLimit(cli.ChangeLimit, func(ctx context.Context, args []string) error {
			o.args = args
			if err := o.validate(); err != nil {
				return err
			}
			return run(o, ctx)
		}),
	}
	addNames(cmd, &o.names)
	f.AddQueueFlag(cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *certsRenewOptions) validate() error {
	if _, err := o.ClusterName(o.args); err != nil {
		return err
	}
	return validateNames(o.names)
}

func (o *certsRenewOptions) run(ctx context.Context) error {
	env, err := o.EnvOf(o.args)
	if err != nil {
		return err
	}
	if err := certificates.Renew(ctx, env, o.names); err != nil {
		return err
	}
	return printCertificates(ctx, o.Factory, o.args)
}
