package access

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/auth"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func newAuth(f *cli.Factory) *cobra.Command {
	cmd := cli.Group(&cobra.Command{
		Use:   "auth",
		Short: "Manage etcd's users, roles and authentication",
		Long: `Manage etcd's users, their roles, the keys that a role may read and write, and the authentication that enforces this.

User root logs in with a client certificate with the common name "root" if the members take users from certificates
(--client-cert-auth), and otherwise with the password in the Secret NAME-root, which "auth enable" creates. For a
cluster that "up" created, commands find either by themselves. A password is never an argument.`,
		Example: `  kubectl etcd auth status
  kubectl etcd auth role add reader --prefix /app/ --read
  kubectl etcd auth user add app --role reader --password-secret app-etcd
  kubectl etcd auth enable`,
	},
		newAuthStatus(f, (*authStatusOptions).run),
		newAuthEnable(f, (*authSwitchOptions).enable),
		newAuthDisable(f, (*authSwitchOptions).disable),
		newAuthUser(f),
		newAuthRole(f))
	f.AddMemberFlag(cmd, cmd.PersistentFlags())
	return cmd
}

// authStatusOptions are the options of "auth status".
type authStatusOptions struct{ *cli.Factory }

func newAuthStatus(f *cli.Factory, run func(*authStatusOptions, context.Context) error) *cobra.Command {
	o := &authStatusOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show whether authentication is on, and the users and roles",
		Long: `Show whether authentication is on, the users with their roles, and what the roles may do.

A user without role root sees only its own user and roles, and a note that there may be more.`,
		Example: `  kubectl etcd auth status
  kubectl etcd auth status --etcd orders -o json`,
		Args: cobra.NoArgs,
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, _ []string) error { return run(o, ctx) }),
	}
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *authStatusOptions) run(ctx context.Context) error {
	return o.WithCluster(ctx, func(v *lifecycle.View) error { return o.printAuth(ctx, v) })
}

// printAuth reads users, roles and whether authentication is on from a cluster, and prints them.
func (o *authStatusOptions) printAuth(ctx context.Context, v *lifecycle.View) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	user := v.Conn.User(v.Cluster.Serving()[0])
	auth, err := etcd.ReadAuth(ctx, client, user.Name)
	if err != nil {
		return cli.WithoutQuorum(v, err)
	}
	auth.Head = cli.Head("Auth", v)
	if auth.Enabled {
		auth.User, auth.Asker = user.Name, user.String()
	}
	return o.Print(render.Auth(auth))
}

// authSwitchOptions are the options of "auth enable" or "auth disable".
type authSwitchOptions struct {
	*cli.Factory
	rootSecret string // only of "enable"
	yes        bool
}

func newAuthEnable(f *cli.Factory, run func(*authSwitchOptions, context.Context) error) *cobra.Command {
	o := &authSwitchOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "enable",
		Short: "Switch authentication on, with user root as its administrator",
		Long: `Switch authentication on: from then on etcd refuses every client that is not one of its users.

First, user root is created, who may do everything. If every member takes users from client certificates
(--client-cert-auth) and the certificate in use has the common name "root", root logs in with this certificate.
Otherwise root has the password in the Secret NAME-root, which is created with a random one if it does not exist.
--root-secret names another Secret. If root could not log in afterwards, nothing is changed.`,
		Example: `  kubectl etcd auth enable
  kubectl etcd auth enable --etcd orders --root-secret orders-admin --yes`,
		Args: cobra.NoArgs,
		RunE: f.WithLimit(cli.ChangeLimit, func(ctx context.Context, _ []string) error { return run(o, ctx) }),
	}
	cmd.Flags().StringVar(&o.rootSecret, "root-secret", "", "Secret with the keys username (root) and password, created if it does not exist (default NAME-root, unless root logs in with a certificate)")
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"root-secret": f.CompleteObject(cluster.KindSecret)})
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask for the cluster's name")
	f.AddQueueFlag(cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func newAuthDisable(f *cli.Factory, run func(*authSwitchOptions, context.Context) error) *cobra.Command {
	o := &authSwitchOptions{Factory: f}
	cmd := &cobra.Command{
		Use:     "disable",
		Short:   "Switch authentication off; users and roles are kept",
		Example: `  kubectl etcd auth disable`,
		Args:    cobra.NoArgs,
		RunE:    f.WithLimit(cli.ChangeLimit, func(ctx context.Context, _ []string) error { return run(o, ctx) }),
	}
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask for the cluster's name")
	f.AddQueueFlag(cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

// authSwitch switches authentication: auth.Enable or auth.Disable.
type authSwitch func(context.Context, lifecycle.Env, auth.Switch) (report.AuthSwitch, error)

func (o *authSwitchOptions) enable(ctx context.Context) error { return o.change(ctx, auth.Enable) }

func (o *authSwitchOptions) disable(ctx context.Context) error { return o.change(ctx, auth.Disable) }

// change switches authentication, and prints what was changed, even if a later step failed.
func (o *authSwitchOptions) change(ctx context.Context, do authSwitch) error {
	env, err := o.Env()
	if err != nil {
		return err
	}
	confirm := func(question, name string) error {
		if o.yes {
			return nil
		}
		return o.Confirm(ctx, question, name)
	}
	result, err := do(ctx, env, auth.Switch{RootSecret: o.rootSecret, Confirm: confirm})
	if result.Changed || err == nil {
		err = errors.Join(o.Print(render.AuthSwitch(result)), err)
	}
	return err
}

// changeAuth changes a user or a role over one client, and prints what was changed, even if a later step failed.
func changeAuth(ctx context.Context, f *cli.Factory, do func(*lifecycle.View) (*report.AuthChange, error)) error {
	return f.WithCluster(ctx, func(v *lifecycle.View) error {
		change, err := do(v)
		if err != nil {
			err = cli.WithoutQuorum(v, err)
		}
		change.Cluster, change.Namespace = v.Cluster.Name, v.Cluster.Namespace
		if len(change.Changes) > 0 {
			err = errors.Join(f.Print(render.AuthChange(change)), err)
		}
		return err
	})
}
