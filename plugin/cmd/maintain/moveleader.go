package maintain

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/roll"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

func NewMoveLeader(o *cli.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "move-leader [MEMBER]",
		Short: "Hand the leadership over",
		Long: `Hand the leadership over to a member, or without one to the healthy follower whose log is the furthest.

It works whoever leads; the target must be a healthy voter.`,
		Example: `  kubectl etcd move-leader
  kubectl etcd move-leader etcd-2`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cli.FirstArgument(o.CompleteMember()),
		RunE: o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			env, err := o.Env()
			if err != nil {
				return err
			}
			target := ""
			if len(args) > 0 {
				target = args[0]
			}
			moved, err := roll.MoveLeader(ctx, env, target)
			if err != nil {
				return err
			}
			return o.Print(render.Moved(moved))
		}),
	}
	o.AddOutputFlag(cmd)
	return cmd
}
