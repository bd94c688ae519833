package plugin

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

func (o *options) versionCommand() *cobra.Command {
	var client bool
	cmd := &cobra.Command{
		Use:   "version [NAME]",
		Short: "Show the version of the plugin, of each server, and of the cluster",
		Example: `  kubectl etcd version
  kubectl etcd version --client`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.completeName,
		RunE: o.withLimit(readLimit, func(ctx context.Context, args []string) error {
			v := build()
			if client && len(args) > 0 {
				return badUsage(errors.New("--client asks no cluster (leave NAME out, or --client)"))
			}
			if client {
				return o.print(v)
			}
			return o.look(ctx, args, func(view *lifecycle.View) error {
				if err := o.print(etcd.Versions(v, view.Status)); err != nil {
					return err
				}
				return noneTells(view.Cluster, len(view.Status.Versions()), "the version")
			})
		}),
	}
	cmd.Flags().BoolVar(&client, "client", false, "show the plugin's version only, without asking a cluster")
	o.addOutput(cmd)
	return cmd
}
