// Package data has the commands that read and write keys, and those that connect another client to the members.
package data

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// Commands returns the family's commands.
func Commands(f *cli.Factory) []*cobra.Command {
	return []*cobra.Command{
		newPut(f, (*putOptions).run),
		newGet(f, (*getOptions).run),
		newDel(f, (*delOptions).run),
		newWatch(f, (*watchOptions).run),
		newCtl(f, (*ctlOptions).run),
		newProxy(f, (*proxyOptions).run),
	}
}
