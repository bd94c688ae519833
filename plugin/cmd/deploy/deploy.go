// Package deploy has the commands that create, update and remove clusters, and those that show what these would apply.
package deploy

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// Commands returns the family's commands.
func Commands(f *cli.Factory) []*cobra.Command {
	return []*cobra.Command{
		newUp(f, (*upOptions).run),
		newDown(f, (*downOptions).run),
		newDiff(f, (*diffOptions).run),
		newRender(f, (*renderOptions).run),
		newOverlays(f, (*overlaysOptions).run),
	}
}
