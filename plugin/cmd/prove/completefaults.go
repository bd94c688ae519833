package prove

import (
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
)

// completeFault completes with one fault.
func completeFault(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return cli.OneOf(faults()...)(cmd, args, typed)
}

// completeFaults completes each element of a comma-separated list of faults.
func completeFaults(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return cli.SeveralOf(faults())(cmd, args, typed)
}

// faults returns the faults' names, each with its description.
func faults() []string {
	var found []string
	for _, f := range fault.All() {
		found = append(found, cli.WithDescription(f.Name, f.About))
	}
	return found
}
