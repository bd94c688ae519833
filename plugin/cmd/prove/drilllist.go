package prove

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// drillListOptions are the options of "drill list".
type drillListOptions struct{ *cli.Factory }

func newDrillList(f *cli.Factory, run func(*drillListOptions, context.Context) error) *cobra.Command {
	o := &drillListOptions{Factory: f}
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the faults",
		Example: `  kubectl etcd drill list`,
		Args:    cobra.NoArgs,
		RunE:    f.WithLimit(cli.ReadLimit, func(ctx context.Context, _ []string) error { return run(o, ctx) }),
	}
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *drillListOptions) run(context.Context) error {
	list := report.DrillFaults{Meta: report.NewMeta("DrillFaults")}
	for _, f := range fault.All() {
		one := report.DrillFault{Name: f.Name, About: f.About}
		if f.For > 0 {
			one.Lasts = f.For.String()
		}
		list.Faults = append(list.Faults, one)
	}
	return o.Print(render.DrillFaults(list))
}
