package access

import (
	"context"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func newAuthRole(f *cli.Factory) *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:   "role",
		Short: "Add and delete roles, grant and revoke their permissions",
		Example: `  kubectl etcd auth role add reader --prefix /app/ --read
  kubectl etcd auth role grant reader --key /leader --read --write`,
	},
		newRoleAdd(f, (*roleAddOptions).run),
		newRoleDelete(f, (*roleDeleteOptions).run),
		newRoleGrant(f, (*roleGrantOptions).run),
		newRoleRevoke(f, (*roleRevokeOptions).run))
}

// roleAddOptions are the options of "auth role add".
type roleAddOptions struct {
	*cli.Factory
	role  string
	grant *etcd.Grant // the first permission, or nil
}

func newRoleAdd(f *cli.Factory, run func(*roleAddOptions, context.Context) error) *cobra.Command {
	o := &roleAddOptions{Factory: f}
	var flags grantFlags
	cmd := &cobra.Command{
		Use:   "add ROLE",
		Short: "Add a role, with a first permission if one is given",
		Example: `  kubectl etcd auth role add reader --prefix /app/ --read
  kubectl etcd auth role add empty`,
		Args: cobra.ExactArgs(1),
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			o.role = args[0]
			if flags.given() {
				grant, err := flags.grant()
				if err != nil {
					return cli.Usage(err)
				}
				o.grant = &grant
			}
			if err := validName(o.role); err != nil {
				return cli.Usage(err)
			}
			return run(o, ctx)
		}),
	}
	flags.add(cmd)
	completeGrant(f, cmd)
	flags.addAccess(cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *roleAddOptions) run(ctx context.Context) error {
	return changeAuth(ctx, o.Factory, withClient(func(client *clientv3.Client) (*report.AuthChange, error) {
		return etcd.AddRole(ctx, client, o.role, o.grant)
	}))
}

// roleGrantOptions are the options of "auth role grant".
type roleGrantOptions struct {
	*cli.Factory
	role  string
	grant etcd.Grant
}

func newRoleGrant(f *cli.Factory, run func(*roleGrantOptions, context.Context) error) *cobra.Command {
	o := &roleGrantOptions{Factory: f}
	var flags grantFlags
	cmd := &cobra.Command{
		Use:               "grant ROLE",
		ValidArgsFunction: cli.FirstArgument(completeRole(f)),
		Short:             "Allow a role to read or write some keys",
		Long: `Allow a role to read or write some keys. The role keeps the permissions that it already has for these keys: to reduce
them, revoke them and grant the rest again.`,
		Example: `  kubectl etcd auth role grant reader --prefix /app/ --read
  kubectl etcd auth role grant writer --key /leader --read --write
  kubectl etcd auth role grant dump --all --read
  kubectl etcd auth role grant shard --range /k/a,/k/n --write`,
		Args: cobra.ExactArgs(1),
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			var err error
			o.role = args[0]
			if o.grant, err = flags.grant(); err != nil {
				return cli.Usage(err)
			}
			if err := validName(o.role); err != nil {
				return cli.Usage(err)
			}
			return run(o, ctx)
		}),
	}
	flags.add(cmd)
	completeGrant(f, cmd)
	flags.addAccess(cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *roleGrantOptions) run(ctx context.Context) error {
	return changeAuth(ctx, o.Factory, withClient(func(client *clientv3.Client) (*report.AuthChange, error) {
		return etcd.GrantKeys(ctx, client, o.role, o.grant)
	}))
}

// roleRevokeOptions are the options of "auth role revoke".
type roleRevokeOptions struct {
	*cli.Factory
	role string
	keys keyrange.Range
}

func newRoleRevoke(f *cli.Factory, run func(*roleRevokeOptions, context.Context) error) *cobra.Command {
	o := &roleRevokeOptions{Factory: f}
	var flags grantFlags
	cmd := &cobra.Command{
		Use:               "revoke ROLE",
		ValidArgsFunction: cli.FirstArgument(completeRole(f)),
		Short:             "Revoke a role's permission for some keys, given as in the grant",
		Example:           `  kubectl etcd auth role revoke reader --prefix /app/`,
		Args:              cobra.ExactArgs(1),
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			var err error
			o.role = args[0]
			if o.keys, err = flags.keys(); err != nil {
				return cli.Usage(err)
			}
			if err := validName(o.role); err != nil {
				return cli.Usage(err)
			}
			return run(o, ctx)
		}),
	}
	flags.add(cmd)
	completeGrant(f, cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *roleRevokeOptions) run(ctx context.Context) error {
	return changeAuth(ctx, o.Factory, withClient(func(client *clientv3.Client) (*report.AuthChange, error) {
		return etcd.RevokeKeys(ctx, client, o.role, o.keys)
	}))
}

// roleDeleteOptions are the options of "auth role delete".
type roleDeleteOptions struct {
	*cli.Factory
	role string
}

func newRoleDelete(f *cli.Factory, run func(*roleDeleteOptions, context.Context) error) *cobra.Command {
	o := &roleDeleteOptions{Factory: f}
	cmd := &cobra.Command{
		Use:               "delete ROLE",
		ValidArgsFunction: cli.FirstArgument(completeRole(f)),
		Short:             "Delete a role, and revoke it from its users",
		Example:           `  kubectl etcd auth role delete reader`,
		Args:              cobra.ExactArgs(1),
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			o.role = args[0]
			if err := validName(o.role); err != nil {
				return cli.Usage(err)
			}
			return run(o, ctx)
		}),
	}
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *roleDeleteOptions) run(ctx context.Context) error {
	return changeAuth(ctx, o.Factory, withClient(func(client *clientv3.Client) (*report.AuthChange, error) {
		return etcd.DeleteRole(ctx, client, o.role)
	}))
}
