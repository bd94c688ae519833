// Package prove has the commands that damage a cluster on purpose, and judge what came of it.
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
