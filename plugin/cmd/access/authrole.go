package access

import (
	"context"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func authRoleCommand(o *cli.Factory) *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:   "role",
		Short: "Add and delete roles, say what they may read and write",
		Example: `  kubectl etcd auth role add reader --prefix /app/ --read
  kubectl etcd auth role grant reader --key /leader --read --write`,
	}, roleAddCommand(o), roleDeleteCommand(o), roleGrantCommand(o), roleRevokeCommand(o))
}

func roleAddCommand(o *cli.Factory) *cobra.Command {
	var f grantFlags
	cmd := &cobra.Command{
		Use:   "add ROLE",
		Short: "Add a role, with a first permission if one is given",
		Example: `  kubectl etcd auth role add reader --prefix /app/ --read
  kubectl etcd auth role add empty`,
		Args: cobra.ExactArgs(1),
		RunE: o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			var grant *etcd.Grant
			if f.given() {
				g, err := f.grant()
				if err != nil {
					return cli.Usage(err)
				}
				grant = &g
			}
			return changeRole(o, ctx, args[0], func(client *clientv3.Client) (*report.AuthChange, error) {
				return etcd.AddRole(ctx, client, args[0], grant)
			})
		}),
	}
	f.add(cmd)
	completeGrant(o, cmd)
	f.addAccess(cmd)
	o.AddOutputFlag(cmd)
	return cmd
}

func roleGrantCommand(o *cli.Factory) *cobra.Command {
	var f grantFlags
	cmd := &cobra.Command{
		Use:               "grant ROLE",
		ValidArgsFunction: cli.FirstArgument(completeRole(o)),
		Short:             "Let a role read or write some keys",
		Long: `Let a role read or write some keys. What it may do with them already it keeps: to take something away, revoke it and
grant what is to be left.`,
		Example: `  kubectl etcd auth role grant reader --prefix /app/ --read
  kubectl etcd auth role grant writer --key /leader --read --write
  kubectl etcd auth role grant dump --all --read
  kubectl etcd auth role grant shard --range /k/a,/k/n --write`,
		Args: cobra.ExactArgs(1),
		RunE: o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			grant, err := f.grant()
			if err != nil {
				return cli.Usage(err)
			}
			return changeRole(o, ctx, args[0], func(client *clientv3.Client) (*report.AuthChange, error) {
				return etcd.GrantKeys(ctx, client, args[0], grant)
			})
		}),
	}
	f.add(cmd)
	completeGrant(o, cmd)
	f.addAccess(cmd)
	o.AddOutputFlag(cmd)
	return cmd
}

func roleRevokeCommand(o *cli.Factory) *cobra.Command {
	var f grantFlags
	cmd := &cobra.Command{
		Use:               "revoke ROLE",
		ValidArgsFunction: cli.FirstArgument(completeRole(o)),
		Short:             "Take the permission for some keys from a role, as it was granted",
		Example:           `  kubectl etcd auth role revoke reader --prefix /app/`,
		Args:              cobra.ExactArgs(1),
		RunE: o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			keys, err := f.keys()
			if err != nil {
				return cli.Usage(err)
			}
			return changeRole(o, ctx, args[0], func(client *clientv3.Client) (*report.AuthChange, error) {
				return etcd.RevokeKeys(ctx, client, args[0], keys)
			})
		}),
	}
	f.add(cmd)
	completeGrant(o, cmd)
	o.AddOutputFlag(cmd)
	return cmd
}

func roleDeleteCommand(o *cli.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "delete ROLE",
		ValidArgsFunction: cli.FirstArgument(completeRole(o)),
		Short:             "Delete a role, and take it from whoever has it",
		Example:           `  kubectl etcd auth role delete reader`,
		Args:              cobra.ExactArgs(1),
		RunE: o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			return changeRole(o, ctx, args[0], func(client *clientv3.Client) (*report.AuthChange, error) {
				return etcd.DeleteRole(ctx, client, args[0])
			})
		}),
	}
	o.AddOutputFlag(cmd)
	return cmd
}

func changeRole(o *cli.Factory, ctx context.Context, role string, do func(*clientv3.Client) (*report.AuthChange, error)) error {
	if err := validName(role); err != nil {
		return cli.Usage(err)
	}
	return changeAuth(o, ctx, withClient(do))
}
