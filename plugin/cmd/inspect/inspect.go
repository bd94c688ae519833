// Package inspect has the commands that report the state of clusters, and change nothing.
package inspect

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// Commands returns the family's commands.
func Commands(f *cli.Factory) []*cobra.Command {
	return []*cobra.Command{
		newStatus(f, (*statusOptions).run),
		newMembers(f, (*membersOptions).run),
		newVersion(f, (*versionOptions).run),
		newList(f, (*listOptions).run),
		newDoctor(f, (*doctorOptions).run),
	}
}
