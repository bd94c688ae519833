package access

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cmd/data"
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

// grantFlags say which keys a role may read or write.
type grantFlags struct {
	cmd               *cobra.Command
	prefix, key, span string
	all, read, write  bool
}

func (f *grantFlags) add(cmd *cobra.Command) {
	f.cmd = cmd
	cmd.Flags().StringVar(&f.prefix, "prefix", "", "the keys that begin with this")
	cmd.Flags().StringVar(&f.key, "key", "", "this key alone")
	cmd.Flags().StringVar(&f.span, "range", "", "the keys from one up to another and without that, as FROM,TO; without TO to the end")
	cmd.Flags().BoolVar(&f.all, "all", false, "all keys")
}

func completeGrant(o *cli.Factory, cmd *cobra.Command) {
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"prefix": o.CompleteKey(), "key": o.CompleteKey()})
}

func (f *grantFlags) addAccess(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.read, "read", false, "the role may read them")
	cmd.Flags().BoolVar(&f.write, "write", false, "the role may write them")
}

// selected returns the flags that select keys, of those that were given.
func (f *grantFlags) selected() []string {
	var given []string
	for _, name := range []string{"prefix", "key", "range", "all"} {
		if f.cmd.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	return given
}

func (f *grantFlags) given() bool { return len(f.selected()) > 0 || f.read || f.write }

func (f *grantFlags) grant() (etcd.Grant, error) {
	keys, err := f.keys()
	if err == nil && !f.read && !f.write {
		err = errors.New("neither --read nor --write is given (give one of them, or both)")
	}
	return etcd.Grant{Range: keys, Access: etcd.Access{Read: f.read, Write: f.write}}, err
}

// keys returns the keys that are meant.
func (f *grantFlags) keys() (etcd.Range, error) {
	given := f.selected()
	switch {
	case len(given) == 0:
		return etcd.Range{}, errors.New("which keys is not said (give one of --prefix, --key, --range and --all)")
	case len(given) > 1:
		return etcd.Range{}, fmt.Errorf("%s are given (give one of them)", strings.Join(given, " and "))
	}
	switch given[0] {
	case "--prefix":
		if f.prefix == "" {
			return etcd.Range{}, errors.New("every key begins with the empty prefix (to mean that say --all)")
		}
		return etcd.PrefixRange(f.prefix), nil
	case "--key":
		if f.key == "" {
			return etcd.Range{}, data.ErrEmptyKey
		}
		return etcd.Range{Key: f.key}, nil
	case "--range":
		return span(f.span)
	}
	if !f.all {
		return etcd.Range{}, errors.New("--all=false selects no keys (give one of --prefix, --key, --range and --all)")
	}
	return etcd.AllKeys(), nil
}

// span reads FROM,TO.
func span(text string) (etcd.Range, error) {
	from, to, found := strings.Cut(text, ",")
	switch {
	case !found || from == "":
		return etcd.Range{}, fmt.Errorf("--range %q is not FROM,TO", text)
	case to == "":
		return etcd.FromRange(from), nil
	case from >= to:
		return etcd.Range{}, fmt.Errorf("--range %q has no keys: it ends before it begins", text)
	}
	return etcd.Range{Key: from, End: to}, nil
}
