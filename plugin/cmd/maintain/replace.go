package maintain

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/replace"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// replaceOptions are the options of "replace".
type replaceOptions struct {
	*cli.Factory
	member string
	force  bool
}

func newReplace(f *cli.Factory, run func(*replaceOptions, context.Context) error) *cobra.Command {
	o := &replaceOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "replace MEMBER",
		Short: "Give a member that lost its data or node a new volume and identity",
		Long: `Give a member that lost its data or node a new volume and identity.

The old member is removed, its volume claim and pod are recreated, and a new member is added as a learner. The seal is
opened for this member only. Once the learner has caught up it is promoted, and the seal is closed. The replacement is
refused if the other members have no quorum. Run the same command again to finish an interrupted replacement.`,
		Example:           `  kubectl etcd replace etcd-1`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cli.FirstArgument(f.CompleteMember()),
		RunE: f.WithLimit(cli.ChangeLimit, func(ctx context.Context, args []string) error {
			o.member = args[0]
			return run(o, ctx)
		}),
	}
	cmd.Flags().BoolVar(&o.force, "force", false, "replace a member that is healthy")
	f.AddQueueFlag(cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *replaceOptions) run(ctx context.Context) error {
	env, err := o.Env()
	if err != nil {
		return err
	}
	status, err := replace.Member(ctx, env, o.member, o.force)
	if err != nil {
		return err
	}
	return o.Print(render.Status(status))
}
