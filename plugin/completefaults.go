package plugin

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
)

// completeFault offers the faults.
func completeFault(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return oneOf(faults()...)(cmd, args, typed)
}

// completeFaults offers the faults for each part of a list.
func completeFaults(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return severalOf(faults())(cmd, args, typed)
}

// faults are the faults, each with what it does.
func faults() []string {
	var found []string
	for _, f := range fault.All() {
		found = append(found, described(f.Name, f.About))
	}
	return found
}
