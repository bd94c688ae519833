package maintain

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/roll"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// moveLeaderOptions are the options of "move-leader".
type moveLeaderOptions struct {
	*cli.Factory
	member string // "" is the healthy follower with the highest applied index
}

func newMoveLeader(f *cli.Factory, run func(*moveLeaderOptions, context.Context) error) *cobra.Command {
	o := &moveLeaderOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "move-leader [MEMBER]",
		Short: "Move the leadership to another member",
		Long: `Move the leadership to MEMBER, or without it to the healthy follower with the highest applied index.

It does not matter which member is the leader. The target must be a healthy voter.`,
		Example: `  kubectl etcd move-leader
  kubectl etcd move-leader etcd-2`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cli.FirstArgument(f.CompleteMember()),
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				o.member = args[0]
			}
			return run(o, ctx)
		}),
	}
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *moveLeaderOptions) run(ctx context.Context) error {
	env, err := o.Env()
	if err != nil {
		return err
	}
	moved, err := roll.MoveLeader(ctx, env, o.member)
	if err != nil {
		return err
	}
	return o.Print(render.Moved(moved))
}
