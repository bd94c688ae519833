package inspect

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func NewMembers(o *cli.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "members [NAME]",
		Aliases: []string{"member"},
		Short:   "List the membership as etcd has it",
		Example: `  kubectl etcd members
  kubectl etcd members -o wide`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.CompleteName,
		RunE: o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			return o.WithStatus(ctx, args, func(v *lifecycle.View) error {
				err := o.Print(render.Members(report.Members{
					Head:    report.NewHead("Members", v.Status.Namespace, v.Status.Cluster),
					Members: v.Status.Members,
				}))
				if err != nil {
					return err
				}
				return cli.NoneTells(v.Cluster, len(v.Status.Voters()), "the membership")
			})
		}),
	}
	o.AddOutputFlag(cmd)
	return cmd
}
