// Package maintain has the commands that maintain the members of a running cluster.
package maintain

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// Commands returns the family's commands.
func Commands(f *cli.Factory) []*cobra.Command {
	return []*cobra.Command{
		newMoveLeader(f, (*moveLeaderOptions).run),
		newReplace(f, (*replaceOptions).run),
		newSeal(f, (*sealOptions).run),
	}
}
