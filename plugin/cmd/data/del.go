package data

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// delOptions are the options of "del".
type delOptions struct {
	*cli.Factory
	key         string
	prefix, all bool
	yes, dryRun bool
}

// mustConfirm reports whether the user must confirm the deletion.
func (o *delOptions) mustConfirm() bool { return o.prefix && !o.yes && !o.dryRun }

// plannedKeys is how many keys a plan lists at most.
const plannedKeys = 10

func newDel(f *cli.Factory, run func(*delOptions, context.Context) error) *cobra.Command {
	o := &delOptions{Factory: f}
	cmd := &cobra.Command{
		Use:     "del KEY",
		Aliases: []string{"delete", "rm"},
		Short:   "Remove a key, or all keys with a prefix",
		Long: `Remove a key, or with --prefix all keys that begin with it, in one request: no reader sees only some of them removed.

A key that does not exist is an error; a prefix that no key begins with is not. The whole keyspace is only removed
with --all.

With --prefix or --all, the command counts the keys and, on a terminal, asks for the cluster's name before it deletes
them. Without a terminal it requires --yes. --dry-run prints the count and the first keys, and deletes nothing.`,
		Example: `  kubectl etcd del greeting
  kubectl etcd del /registry/leases/ --prefix --dry-run
  kubectl etcd del /registry/leases/ --prefix --yes
  kubectl etcd del --all`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cli.FirstArgument(f.CompleteKey()),
		RunE: func(cmd *cobra.Command, args []string) error {
			limit := cli.ReadLimit
			if err := o.complete(args); err != nil {
				return cli.Usage(err)
			}
			if o.mustConfirm() { // the user needs time to read the question
				limit = cli.ChangeLimit
			}
			return f.WithLimit(limit, func(ctx context.Context, _ []string) error { return run(o, ctx) })(cmd, args)
		},
	}
	cmd.Flags().BoolVar(&o.prefix, "prefix", false, "remove all keys that begin with KEY")
	cmd.Flags().BoolVar(&o.all, "all", false, "remove every key of the cluster")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask for the cluster's name")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "print how many keys would be deleted and the first of them, and delete nothing")
	f.AddMemberFlag(cmd, cmd.Flags())
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *delOptions) run(ctx context.Context) error {
	return o.WithCluster(ctx, func(v *lifecycle.View) error { return o.del(ctx, v) })
}

func (o *delOptions) complete(args []string) error {
	if len(args) > 0 {
		o.key = args[0]
	}
	switch {
	case o.all && (o.key != "" || o.prefix):
		return errors.New("--all cannot be combined with KEY or --prefix")
	case o.all:
		o.prefix = true
		return nil
	case len(args) == 0:
		return errors.New("no KEY is given (usage: kubectl etcd del KEY)")
	case o.key == "" && o.prefix:
		return errors.New("every key begins with the empty prefix (to remove the whole keyspace, give --all)")
	case o.key == "":
		return cli.ErrEmptyKey
	}
	return nil
}

func (o *delOptions) del(ctx context.Context, v *lifecycle.View) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	if o.dryRun || o.mustConfirm() {
		plan, err := etcd.PlanDelete(ctx, client, o.key, o.prefix, plannedKeys)
		if err != nil {
			return fmt.Errorf("count the keys that del %q would delete: %w", o.key, cli.WithoutQuorum(v, err))
		}
		plan.Head = cli.Head("DeletePlan", v)
		switch {
		case plan.Count == 0 && !o.prefix:
			return missingKey(v, o.key)
		case o.dryRun:
			return o.Print(render.DeletePlan(plan))
		case plan.Count == 0:
			return o.Print(render.Delete(plan.Nothing(cli.Head("Delete", v))))
		}
		if err := o.Confirm(ctx, render.DeleteQuestion(plan), v.Cluster.Name); err != nil {
			return err
		}
	}
	done, err := etcd.Delete(ctx, client, o.key, o.prefix)
	if err != nil {
		return fmt.Errorf("del %q: %w", o.key, cli.WithoutQuorum(v, err))
	}
	if done.Deleted == 0 && !o.prefix {
		return missingKey(v, o.key)
	}
	done.Head = cli.Head("Delete", v)
	return o.Print(render.Delete(done))
}

func missingKey(v *lifecycle.View, key string) error {
	return fmt.Errorf("%w in etcd cluster %s/%s", &etcd.NotFoundError{Key: key}, v.Cluster.Namespace, v.Cluster.Name)
}
