package plugin

import (
	"fmt"

	"github.com/spf13/cobra"

	"slices"
)

// usageArgs makes a wrong number of arguments a usage error, with the line that shows the right one.
func usageArgs(cmd *cobra.Command) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return badUsage(fmt.Errorf("%w (usage: %s)", err, cmd.UseLine()))
		}
		return nil
	}
}

func unknownCommand(cmd *cobra.Command, name string) error {
	return badUsage(unknown("command", name, commandNames(cmd), fmt.Sprintf("see \"%s --help\"", cmd.CommandPath())))
}

// group makes a command of several.
func group(cmd *cobra.Command, subcommands ...*cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return cmd.Help()
	}
	for _, sub := range subcommands {
		usageArgs(sub)
		cmd.AddCommand(sub)
	}
	return cmd
}

// shown are the subcommands that a user is told of: cobra does not count help among those that are available.
func shown(cmd *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() && c.Name() != "help" })
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range shown(cmd) {
		names = append(names, c.Name())
	}
	return names
}
