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

func NewDown(o *cli.Factory) *cobra.Command {
	var deleteData, yes bool
	cmd := &cobra.Command{
		Use:   "down [NAME]",
		Short: "Remove a cluster, all but its data",
		Long: `Remove a cluster, all but its data.

The volumes stay, and with them the bootstrap and the seal ConfigMap and the Secrets with certificates: "up" finds the data
again, and clients their members. --delete-data deletes them too, after the cluster's name was typed. The StorageClass always
stays, as others may use it, and so do Secrets of your own.`,
		Example: `  kubectl etcd down
  kubectl etcd down orders --delete-data --yes`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.CompleteName,
		RunE: o.WithLimit(cli.ChangeLimit, func(ctx context.Context, args []string) error {
			env, err := o.Resolve(ctx, args, "")
			if err != nil {
				return err
			}
			if deleteData && !yes {
				question := fmt.Sprintf("This deletes every key of etcd cluster %s/%s for good.", env.Target.Namespace, env.Target.Name)
				if err := o.Confirm(ctx, question, env.Target.Name); err != nil {
					return err
				}
			}
			removed, err := bringup.Down(ctx, env, deleteData)
			if len(removed.Removed) > 0 || err == nil {
				err = errors.Join(o.Print(render.Removed(removed)), err)
			}
			return err
		}),
	}
	cmd.Flags().BoolVar(&deleteData, "delete-data", false, "delete the volumes, the certificates, the bootstrap and the seal too")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask for the cluster's name")
	o.AddQueueFlag(cmd)
	o.AddOutputFlag(cmd)
	return cmd
}
