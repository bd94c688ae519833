package prove

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
)

// completeFault offers the faults.
func completeFault(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return cli.OneOf(faults()...)(cmd, args, typed)
}

// completeFaults offers the faults for each part of a list.
func completeFaults(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return cli.SeveralOf(faults())(cmd, args, typed)
}

// faults are the faults, each with what it does.
func faults() []string {
	var found []string
	for _, f := range fault.All() {
		found = append(found, cli.WithDescription(f.Name, f.About))
	}
	return found
}
