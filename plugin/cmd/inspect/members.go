package inspect

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// membersOptions are the options of "members".
type membersOptions struct {
	*cli.Factory
	args []string // NAME
}

func newMembers(f *cli.Factory, run func(*membersOptions, context.Context) error) *cobra.Command {
	o := &membersOptions{Factory: f}
	cmd := &cobra.Command{
		Use:     "members [NAME]",
		Aliases: []string{"member"},
		Short:   "Show etcd's membership list",
		Example: `  kubectl etcd members
  kubectl etcd members -o wide`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			o.args = args
			return run(o, ctx)
		}),
	}
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *membersOptions) run(ctx context.Context) error {
	return o.WithStatus(ctx, o.args, func(v *lifecycle.View) error {
		err := o.Print(render.Members(report.Members{
			Head:    report.NewHead("Members", v.Status.Namespace, v.Status.Cluster),
			Members: v.Status.Members,
		}))
		if err != nil {
			return err
		}
		return cli.RequireAnswer(v.Cluster, len(v.Status.Voters()), "the membership list")
	})
}
