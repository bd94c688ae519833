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

func authUserCommand(o *cli.Factory) *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:   "user",
		Short: "Add and delete users, change passwords, grant and revoke roles",
		Example: `  kubectl etcd auth user add app --role reader --password-secret app-etcd
  kubectl etcd auth user passwd app`,
	}, userAddCommand(o), userDeleteCommand(o), userPasswdCommand(o),
		userRolesCommand(o, "grant", "Give a user roles", etcd.GrantRoles),
		userRolesCommand(o, "revoke", "Take roles from a user", etcd.RevokeRoles))
}

func userAddCommand(o *cli.Factory) *cobra.Command {
	var p passwordFlags
	var u etcd.NewUser
	cmd := &cobra.Command{
		Use:   "add USER",
		Short: "Add a user",
		Long: `Add a user. The password is read from a file ("-" is stdin), from key "password" of a Secret, or asked for twice on a
terminal. A user without one is by client certificate alone: its common name is the user's.

A password alone does not reach a cluster that asks for client certificates, as those of "up" do: the application needs one as
well. "kubectl etcd certs issue --no-cn" makes one for all users by password.`,
		Example: `  kubectl etcd auth user add app --role reader
  kubectl etcd auth user add app --role reader --password-secret app-etcd
  kubectl etcd auth user add backup.example.com --no-password`,
		Args: cobra.ExactArgs(1),
		RunE: o.WithLimit(cli.ChangeLimit, func(ctx context.Context, args []string) error {
			u.Name = args[0]
			if err := validName(u.Name, u.Roles...); err != nil {
				return cli.Usage(err)
			}
			password, err := password(o, ctx, p, u.Name)
			if err != nil {
				return err
			}
			u.Password = password
			return changeAuth(o, ctx, withClient(func(client *clientv3.Client) (*report.AuthChange, error) { return etcd.AddUser(ctx, client, u) }))
		}),
	}
	p.add(cmd)
	cmd.Flags().BoolVar(&p.none, "no-password", false, "the user is by client certificate alone")
	cmd.Flags().StringArrayVar(&u.Roles, "role", nil, "grant the user this role (can be given several times)")
	completePassword(o, cmd)
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"role": completeRole(o)})
	o.AddOutputFlag(cmd)
	return cmd
}

func userDeleteCommand(o *cli.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "delete USER",
		ValidArgsFunction: cli.FirstArgument(completeUser(o)),
		Short:             "Delete a user",
		Example:           `  kubectl etcd auth user delete app`,
		Args:              cobra.ExactArgs(1),
		RunE: o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			if err := validName(args[0]); err != nil {
				return cli.Usage(err)
			}
			return changeAuth(o, ctx, withClient(func(client *clientv3.Client) (*report.AuthChange, error) {
				return etcd.DeleteUser(ctx, client, args[0])
			}))
		}),
	}
	o.AddOutputFlag(cmd)
	return cmd
}

func userPasswdCommand(o *cli.Factory) *cobra.Command {
	var p passwordFlags
	cmd := &cobra.Command{
		Use:               "passwd USER",
		ValidArgsFunction: cli.FirstArgument(completeUser(o)),
		Short:             "Change a user's password",
		Long: `Change a user's password. It is read from a file ("-" is stdin), from key "password" of a Secret, or asked for twice on a
terminal. That of root is written into the Secret NAME-root too, where there is one: commands take it from there.`,
		Example: `  kubectl etcd auth user passwd app
  kubectl etcd auth user passwd app --password-file - < new-password`,
		Args: cobra.ExactArgs(1),
		RunE: o.WithLimit(cli.ChangeLimit, func(ctx context.Context, args []string) error {
			if err := validName(args[0]); err != nil {
				return cli.Usage(err)
			}
			password, err := password(o, ctx, p, args[0])
			if err != nil {
				return err
			}
			env, err := o.Env()
			if err != nil {
				return err
			}
			return changeAuth(o, ctx, func(v *lifecycle.View) (*report.AuthChange, error) {
				return auth.SetPassword(ctx, env, v, args[0], password)
			})
		}),
	}
	p.add(cmd)
	completePassword(o, cmd)
	o.AddOutputFlag(cmd)
	return cmd
}

// changeRoles is one of the two things that are done with a user's roles.
type changeRoles func(ctx context.Context, client *clientv3.Client, user string, roles []string) (*report.AuthChange, error)

func userRolesCommand(o *cli.Factory, verb, short string, change changeRoles) *cobra.Command {
	cmd := &cobra.Command{
		Use:               verb + " USER ROLE...",
		ValidArgsFunction: completeUserThenRoles(o),
		Short:             short,
		Example:           "  kubectl etcd auth user " + verb + " app reader",
		Args:              cobra.MinimumNArgs(2),
		RunE: o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			if err := validName(args[0], args[1:]...); err != nil {
				return cli.Usage(err)
			}
			return changeAuth(o, ctx, withClient(func(client *clientv3.Client) (*report.AuthChange, error) {
				return change(ctx, client, args[0], args[1:])
			}))
		}),
	}
	o.AddOutputFlag(cmd)
	return cmd
}

// validName refuses what etcd has no name for: an empty one.
func validName(name string, more ...string) error {
	for _, n := range append([]string{name}, more...) {
		if n == "" {
			return errors.New("a name is empty: etcd has neither users nor roles without one")
		}
	}
	return nil
}

// withClient does something over the one client that speaks with whichever member answers.
func withClient(do func(*clientv3.Client) (*report.AuthChange, error)) func(*lifecycle.View) (*report.AuthChange, error) {
	return func(v *lifecycle.View) (*report.AuthChange, error) {
		client, err := v.Conn.All()
		if err != nil {
			return &report.AuthChange{}, err
		}
		return do(client)
	}
}
