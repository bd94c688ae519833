package cli

import (
	"github.com/spf13/cobra"
)

// completeFormat completes -o with every output format.
func completeFormat(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	const template = "jsonpath="
	found, directive := OneOf("wide", "name", "json", "yaml", template)(cmd, args, typed)
	if len(found) == 1 && found[0] == template {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return found, directive
}
