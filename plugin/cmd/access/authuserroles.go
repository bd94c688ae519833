package access

import (
	"context"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// userRolesOptions are the options of "auth user grant" or "auth user revoke".
type userRolesOptions struct {
	*cli.Factory
	user  string
	roles []string
}

func newUserGrant(f *cli.Factory, run func(*userRolesOptions, context.Context) error) *cobra.Command {
	return newUserRoles(f, run, &cobra.Command{
		Use:     "grant USER ROLE...",
		Short:   "Grant roles to a user",
		Example: "  kubectl etcd auth user grant app reader",
	})
}

func newUserRevoke(f *cli.Factory, run func(*userRolesOptions, context.Context) error) *cobra.Command {
	return newUserRoles(f, run, &cobra.Command{
		Use:     "revoke USER ROLE...",
		Short:   "Revoke roles from a user",
		Example: "  kubectl etcd auth user revoke app reader",
	})
}

// newUserRoles adds to cmd the arguments and flags that "grant" and "revoke" share.
func newUserRoles(f *cli.Factory, run func(*userRolesOptions, context.Context) error, cmd *cobra.Command) *cobra.Command {
	o := &userRolesOptions{Factory: f}
	cmd.Args = cobra.MinimumNArgs(2)
	cmd.ValidArgsFunction = completeUserThenRoles(f)
	cmd.RunE = f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
		o.user, o.roles = args[0], args[1:]
		if err := validName(o.user, o.roles...); err != nil {
			return cli.Usage(err)
		}
		return run(o, ctx)
	})
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *userRolesOptions) grant(ctx context.Context) error { return o.change(ctx, etcd.GrantRoles) }

func (o *userRolesOptions) revoke(ctx context.Context) error { return o.change(ctx, etcd.RevokeRoles) }

// changeRoles grants roles to a user or revokes them.
type changeRoles func(ctx context.Context, client *clientv3.Client, user string, roles []string) (*report.AuthChange, error)

func (o *userRolesOptions) change(ctx context.Context, do changeRoles) error {
	return changeAuth(ctx, o.Factory, withClient(func(client *clientv3.Client) (*report.AuthChange, error) {
		return do(ctx, client, o.user, o.roles)
	}))
}
