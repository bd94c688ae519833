package inspect

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

func NewVersion(o *cli.Factory) *cobra.Command {
	var client bool
	cmd := &cobra.Command{
		Use:   "version [NAME]",
		Short: "Show the version of the plugin, of each server, and of the cluster",
		Example: `  kubectl etcd version
  kubectl etcd version --client`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.CompleteName,
		RunE: o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			v := cli.BuildInfo()
			if client && len(args) > 0 {
				return cli.Usage(errors.New("--client asks no cluster (leave NAME out, or --client)"))
			}
			if client {
				return o.Print(render.Version(v))
			}
			return o.WithStatus(ctx, args, func(view *lifecycle.View) error {
				if err := o.Print(render.Version(etcd.Versions(v, view.Status))); err != nil {
					return err
				}
				return cli.NoneTells(view.Cluster, len(view.Status.Versions()), "the version")
			})
		}),
	}
	cmd.Flags().BoolVar(&client, "client", false, "show the plugin's version only, without asking a cluster")
	o.AddOutputFlag(cmd)
	return cmd
}
