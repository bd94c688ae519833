package access

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/auth"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func newAuthUser(f *cli.Factory) *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:   "user",
		Short: "Add and delete users, change passwords, grant and revoke roles",
		Example: `  kubectl etcd auth user add app --role reader --password-secret app-etcd
  kubectl etcd auth user passwd app`,
	},
		newUserAdd(f, (*userAddOptions).run),
		newUserDelete(f, (*userDeleteOptions).run),
		newUserPasswd(f, (*userPasswdOptions).run),
		newUserGrant(f, (*userRolesOptions).grant),
		newUserRevoke(f, (*userRolesOptions).revoke))
}

// userAddOptions are the options of "auth user add".
type userAddOptions struct {
	*cli.Factory
	user     string
	roles    []string
	password passwordFlags
}

func newUserAdd(f *cli.Factory, run func(*userAddOptions, context.Context) error) *cobra.Command {
	o := &userAddOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "add USER",
		Short: "Add a user",
		Long: `Add a user. The password is read from a file ("-" is stdin), from key "password" of a Secret, or asked for twice on a
terminal. A user without a password logs in only with a client certificate whose common name is the user's name.

If the cluster requires client certificates, as those of "up" do, a password is not enough to connect: the application
also needs a certificate. "kubectl etcd certs issue --no-cn" issues one for all users with passwords.`,
		Example: `  kubectl etcd auth user add app --role reader
  kubectl etcd auth user add app --role reader --password-secret app-etcd
  kubectl etcd auth user add backup.example.com --no-password`,
		Args: cobra.ExactArgs(1),
		RunE: f.WithLimit(cli.ChangeLimit, func(ctx context.Context, args []string) error {
			o.user = args[0]
			if err := validName(o.user, o.roles...); err != nil {
				return cli.Usage(err)
			}
			if err := o.password.validate(f); err != nil {
				return err
			}
			return run(o, ctx)
		}),
	}
	o.password.add(cmd)
	cmd.Flags().BoolVar(&o.password.none, "no-password", false, "the user has no password, and logs in only with a client certificate")
	cmd.Flags().StringArrayVar(&o.roles, "role", nil, "grant the user this role (can be given several times)")
	completePassword(f, cmd)
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"role": completeRole(f)})
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *userAddOptions) run(ctx context.Context) error {
	password, err := o.password.read(ctx, o.Factory, o.user)
	if err != nil {
		return err
	}
	return changeAuth(ctx, o.Factory, withClient(func(client *clientv3.Client) (*report.AuthChange, error) {
		return etcd.AddUser(ctx, client, etcd.NewUser{Name: o.user, Password: password, Roles: o.roles})
	}))
}

// userDeleteOptions are the options of "auth user delete".
type userDeleteOptions struct {
	*cli.Factory
	user string
}

func newUserDelete(f *cli.Factory, run func(*userDeleteOptions, context.Context) error) *cobra.Command {
	o := &userDeleteOptions{Factory: f}
	cmd := &cobra.Command{
		Use:               "delete USER",
		ValidArgsFunction: cli.FirstArgument(completeUser(f)),
		Short:             "Delete a user",
		Example:           `  kubectl etcd auth user delete app`,
		Args:              cobra.ExactArgs(1),
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			o.user = args[0]
			if err := validName(o.user); err != nil {
				return cli.Usage(err)
			}
			return run(o, ctx)
		}),
	}
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *userDeleteOptions) run(ctx context.Context) error {
	return changeAuth(ctx, o.Factory, withClient(func(client *clientv3.Client) (*report.AuthChange, error) {
		return etcd.DeleteUser(ctx, client, o.user)
	}))
}

// userPasswdOptions are the options of "auth user passwd".
type userPasswdOptions struct {
	*cli.Factory
	user     string
	password passwordFlags
}

func newUserPasswd(f *cli.Factory, run func(*userPasswdOptions, context.Context) error) *cobra.Command {
	o := &userPasswdOptions{Factory: f}
	cmd := &cobra.Command{
		Use:               "passwd USER",
		ValidArgsFunction: cli.FirstArgument(completeUser(f)),
		Short:             "Change a user's password",
		Long: `Change a user's password. It is read from a file ("-" is stdin), from key "password" of a Secret, or asked for twice on
a terminal. Root's password is also written to the Secret NAME-root if this exists, because commands read it from there.`,
		Example: `  kubectl etcd auth user passwd app
  kubectl etcd auth user passwd app --password-file - < new-password`,
		Args: cobra.ExactArgs(1),
		RunE: f.WithLimit(cli.ChangeLimit, func(ctx context.Context, args []string) error {
			o.user = args[0]
			if err := validName(o.user); err != nil {
				return cli.Usage(err)
			}
			if err := o.password.validate(f); err != nil {
				return err
			}
			return run(o, ctx)
		}),
	}
	o.password.add(cmd)
	completePassword(f, cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *userPasswdOptions) run(ctx context.Context) error {
	password, err := o.password.read(ctx, o.Factory, o.user)
	if err != nil {
		return err
	}
	env, err := o.Env()
	if err != nil {
		return err
	}
	return changeAuth(ctx, o.Factory, func(v *lifecycle.View) (*report.AuthChange, error) {
		return auth.SetPassword(ctx, env, v, o.user, password)
	})
}

// validName returns an error for empty names of users and roles, which etcd does not have.
func validName(name string, more ...string) error {
	for _, n := range append([]string{name}, more...) {
		if n == "" {
			return errors.New("a name is empty: etcd has no users or roles without a name")
		}
	}
	return nil
}

// withClient returns a function for changeAuth that calls do with a client for all members.
func withClient(do func(*clientv3.Client) (*report.AuthChange, error)) func(*lifecycle.View) (*report.AuthChange, error) {
	return func(v *lifecycle.View) (*report.AuthChange, error) {
		client, err := v.Conn.All()
		if err != nil {
			return &report.AuthChange{}, err
		}
		return do(client)
	}
}
