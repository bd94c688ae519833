package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/bringup"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// downOptions are the options of "down".
type downOptions struct {
	*cli.Factory
	args       []string // NAME
	deleteData bool
	yes        bool
}

func newDown(f *cli.Factory, run func(*downOptions, context.Context) error) *cobra.Command {
	o := &downOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "down [NAME]",
		Short: "Remove a cluster, but keep its data",
		Long: `Remove a cluster, but keep its data.

The volumes, the bootstrap and seal ConfigMaps and the Secrets with certificates are kept, so that "up" finds the data
again and clients can connect again. --delete-data deletes them too, after you typed the cluster's name. The
StorageClass is always kept, because other clusters may use it, and so are your own Secrets.`,
		Example: `  kubectl etcd down
  kubectl etcd down orders --delete-data --yes`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
		RunE: f.WithLimit(cli.ChangeLimit, func(ctx context.Context, args []string) error {
			o.args = args
			return run(o, ctx)
		}),
	}
	cmd.Flags().BoolVar(&o.deleteData, "delete-data", false, "delete the volumes, the certificates, the bootstrap and the seal too")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask for the cluster's name")
	f.AddQueueFlag(cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *downOptions) run(ctx context.Context) error {
	env, err := o.Resolve(ctx, o.args, "")
	if err != nil {
		return err
	}
	if o.deleteData && !o.yes {
		question := fmt.Sprintf("This deletes every key of etcd cluster %s/%s permanently.", env.Target.Namespace, env.Target.Name)
		if err := o.Confirm(ctx, question, env.Target.Name); err != nil {
			return err
		}
	}
	removed, err := bringup.Down(ctx, env, o.deleteData)
	if len(removed.Removed) > 0 || err == nil {
		err = errors.Join(o.Print(render.Removed(removed)), err)
	}
	return err
}
