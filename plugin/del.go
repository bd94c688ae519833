package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// deletion is what a del command line asks for.
type deletion struct {
	key         string
	prefix, all bool
}

func (o *options) delCommand() *cobra.Command {
	var d deletion
	cmd := &cobra.Command{
		Use:     "del KEY",
		Aliases: []string{"delete", "rm"},
		Short:   "Remove a key, or all keys with a prefix",
		Long: `Remove a key, or with --prefix all keys that begin with it, at once: no reader sees a half of them gone.

A key that does not exist is an error; a prefix that nothing begins with is not. The whole keyspace is only removed
with --all.`,
		Example: `  kubectl etcd del greeting
  kubectl etcd del /registry/leases/ --prefix
  kubectl etcd del --all`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: first(o.completeKey()),
		RunE: o.withLimit(readLimit, func(ctx context.Context, args []string) error {
			if err := d.complete(args); err != nil {
				return usageError{err}
			}
			return o.open(ctx, func(v *lifecycle.View) error { return o.del(ctx, v, d) })
		}),
	}
	cmd.Flags().BoolVar(&d.prefix, "prefix", false, "remove all keys that begin with KEY")
	cmd.Flags().BoolVar(&d.all, "all", false, "remove every key of the cluster")
	o.addMember(cmd, cmd.Flags())
	o.addOutput(cmd)
	return cmd
}

func (d *deletion) complete(args []string) error {
	if len(args) > 0 {
		d.key = args[0]
	}
	switch {
	case d.all && (d.key != "" || d.prefix):
		return errors.New("--all goes with neither KEY nor --prefix")
	case d.all:
		d.prefix = true
		return nil
	case len(args) == 0:
		return errors.New("no KEY is given (usage: kubectl etcd del KEY)")
	case d.key == "" && d.prefix:
		return errors.New("every key begins with the empty prefix (to remove the whole keyspace say --all)")
	case d.key == "":
		return errEmptyKey
	}
	return nil
}

func (o *options) del(ctx context.Context, v *lifecycle.View, d deletion) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	done, err := etcd.Delete(ctx, client, d.key, d.prefix)
	if err != nil {
		return fmt.Errorf("del %q: %w", d.key, withoutQuorum(v, err))
	}
	if done.Deleted == 0 && !d.prefix {
		return fmt.Errorf("%w in etcd cluster %s/%s", &etcd.NotFoundError{Key: d.key}, v.Cluster.Namespace, v.Cluster.Name)
	}
	done.Head = head("Delete", v)
	return o.print(done)
}
