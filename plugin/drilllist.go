package plugin

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func (o *options) drillListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the faults",
		Example: `  kubectl etcd drill list`,
		Args:    cobra.NoArgs,
		RunE: o.withLimit(readLimit, func(context.Context, []string) error {
			list := report.DrillFaults{Meta: report.NewMeta("DrillFaults")}
			for _, f := range fault.All() {
				one := report.DrillFault{Name: f.Name, About: f.About}
				if f.For > 0 {
					one.Lasts = f.For.String()
				}
				list.Faults = append(list.Faults, one)
			}
			return o.print(render.DrillFaults(list))
		}),
	}
	o.addOutput(cmd)
	return cmd
}
