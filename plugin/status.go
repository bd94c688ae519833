package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

func (o *options) statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show the health of a cluster and of every member",
		Long: `Show the health of a cluster and of every member.

Every member is asked separately and at the same time; one that does not answer keeps its row. Exit status 3 says
that the table was printed and that not every member is healthy.`,
		Example: `  kubectl etcd status
  kubectl etcd status orders -n shop -o json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.completeName,
		RunE: o.withLimit(readLimit, func(ctx context.Context, args []string) error {
			return o.look(ctx, args, func(v *lifecycle.View) error {
				if err := o.print(v.Status); err != nil {
					return err
				}
				if !v.Status.Healthy {
					return badNews{fmt.Sprintf("etcd cluster %s/%s is not healthy", v.Status.Namespace, v.Status.Cluster)}
				}
				return nil
			})
		}),
	}
	o.addOutput(cmd)
	return cmd
}
