package plugin

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/bringup"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/certificates"
)

func (o *options) certsCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "certs",
		Short: "List, renew, replace and issue certificates",
		Long: `List, renew, replace and issue certificates.

A cluster has two CAs: one vouches for the server and for clients, the other for members among themselves, so that no
client's certificate opens the peer port. Their private keys are in Secrets that no pod mounts. What "up" or "certs create"
made is renewed here; what is cert-manager's or your own is listed.`,
		Example: `  kubectl etcd certs list
  kubectl etcd certs renew
  kubectl etcd certs issue --cn orders`,
	}, o.certsListCommand(), o.certsCreateCommand(), o.certsRenewCommand(), o.certsRotateCommand(), o.certsIssueCommand())
}

func (o *options) certsListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list [NAME]",
		Short: "Show subject, names, usages and expiry of each certificate, and which member serves which",
		Long: `Show subject, names, usages and expiry of each certificate, and which member serves which.

Every member is asked on both of its ports, without a certificate: so this works where nothing else does any more. Exit
status 3 says that a certificate has expired.`,
		Example: `  kubectl etcd certs list
  kubectl etcd certs list orders -n shop -o wide`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.completeName,
		RunE:              o.withLimit(readLimit, func(ctx context.Context, args []string) error { return o.printCertificates(ctx, args) }),
	}
	o.addOutput(cmd)
	return cmd
}

func (o *options) printCertificates(ctx context.Context, args []string) error {
	env, err := o.envOf(args)
	if err != nil {
		return err
	}
	list, err := certificates.List(ctx, env)
	if err != nil {
		return err
	}
	if err := o.print(list); err != nil {
		return err
	}
	if expired := list.Expired(); len(expired) > 0 {
		return reportedBad("expired: " + strings.Join(expired, ", "))
	}
	return nil
}

func (o *options) certsCreateCommand() *cobra.Command {
	var more []string
	cmd := &cobra.Command{
		Use:   "create [NAME]",
		Short: "Make what is missing of the certificates, for a cluster that is not brought up by \"up\"",
		Long: `Make what is missing of the certificates, for a cluster that is not brought up by "up": by plain kustomize, say, or by
GitOps. Its pods wait for the Secrets. What is there already stays as it is; "up" does the same by itself.`,
		Example:           `  kubectl apply -k ./etcd && kubectl etcd certs create`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.completeName,
		RunE: o.withLimit(readLimit, func(ctx context.Context, args []string) error {
			if err := validateNames(more); err != nil {
				return err
			}
			env, err := o.target(ctx, args, kustomize.DefaultName)
			if err != nil {
				return err
			}
			existing, err := bringup.ReadExisting(ctx, env)
			if err != nil {
				return err
			}
			secrets, names := certificatesOf(existing, env.Target, more)
			return certificates.Create(ctx, env, existing.Certificates(secrets, names))
		}),
	}
	addNames(cmd, &more)
	o.addQueue(cmd)
	return cmd
}

// certificatesOf returns where the certificates of a cluster are kept, and what they are for: as what there is of it
// says, else as the manifests have it.
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
	return secrets, certificateNames(headless, client, target.Namespace, more)
}

// validateNames refuses what cannot be a name in a certificate.
func validateNames(names []string) error {
	if err := (kustomize.Options{Overlay: localOverlay, TLS: kustomize.TLSAuto, Names: names}).Validate(); err != nil {
		return badUsage(err)
	}
	return nil
}

func addNames(cmd *cobra.Command, names *[]string) {
	cmd.Flags().StringSliceVar(names, "tls-san", nil, "further names and addresses that the server's certificate is for, such as a load balancer's")
}

func (o *options) certsRenewCommand() *cobra.Command {
	var more []string
	cmd := &cobra.Command{
		Use:   "renew [NAME]",
		Short: "Issue the server's, peers' and clients' certificates anew, without a restart",
		Long: `Issue the server's, peers' and clients' certificates anew, without a restart.

etcd reads its certificates at each new connection, and connections that there are go on. It waits until every member shows
the new ones. Those of applications that are kept in Secrets are renewed too; the ones before them hold until they expire.
The CAs stay: see "kubectl etcd certs rotate-ca".`,
		Example: `  kubectl etcd certs renew
  kubectl etcd certs renew --tls-san etcd.example.com`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.completeName,
		RunE: o.withLimit(changeWait, func(ctx context.Context, args []string) error {
			name, err := o.name(args)
			if err != nil {
				return err
			}
			if err := validateNames(more); err != nil {
				return err
			}
			env, err := o.envNamed(name)
			if err != nil {
				return err
			}
			if err := certificates.Renew(ctx, env, more); err != nil {
				return err
			}
			return o.printCertificates(ctx, args)
		}),
	}
	addNames(cmd, &more)
	o.addQueue(cmd)
	o.addOutput(cmd)
	return cmd
}
