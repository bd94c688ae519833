package prove

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func drillListCommand(o *cli.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the faults",
		Example: `  kubectl etcd drill list`,
		Args:    cobra.NoArgs,
		RunE: o.WithLimit(cli.ReadLimit, func(context.Context, []string) error {
			list := report.DrillFaults{Meta: report.NewMeta("DrillFaults")}
			for _, f := range fault.All() {
				one := report.DrillFault{Name: f.Name, About: f.About}
				if f.For > 0 {
					one.Lasts = f.For.String()
				}
				list.Faults = append(list.Faults, one)
			}
			return o.Print(render.DrillFaults(list))
		}),
	}
	o.AddOutputFlag(cmd)
	return cmd
}
