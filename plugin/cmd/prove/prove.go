// Package prove has the commands that inject faults into a cluster, and judge its history.
package prove

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// Commands returns the family's commands.
func Commands(f *cli.Factory) []*cobra.Command {
	return []*cobra.Command{
		newDrill(f, (*drillOptions).run, newDrillList(f, (*drillListOptions).run), newDrillVerify(f, (*drillVerifyOptions).run)),
	}
}
