package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

// usageArgs makes cmd return a usage error with its usage line if the number of arguments is wrong.
func usageArgs(cmd *cobra.Command) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return Usage(fmt.Errorf("%w (usage: %s)", err, cmd.UseLine()))
		}
		return nil
	}
}

// UnknownCommand returns the usage error for a name that is no subcommand of cmd. It suggests the nearest ones.
func UnknownCommand(cmd *cobra.Command, name string) error {
	return Usage(Unknown("command", name, CommandNames(cmd), fmt.Sprintf("see \"%s --help\"", cmd.CommandPath())))
}

// Group adds subcommands to cmd. Without a subcommand, cmd prints its help.
func Group(cmd *cobra.Command, subcommands ...*cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return UnknownCommand(cmd, args[0])
		}
		return cmd.Help()
	}
	AddCommands(cmd, subcommands...)
	return cmd
}

// AddCommands adds subcommands to cmd, with usage errors for a wrong number of arguments.
func AddCommands(cmd *cobra.Command, subcommands ...*cobra.Command) {
	for _, sub := range subcommands {
		usageArgs(sub)
		cmd.AddCommand(sub)
	}
}

// VisibleCommands returns the subcommands that help lists: the available ones, and "help", which cobra does not count among them.
func VisibleCommands(cmd *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() && c.Name() != "help" })
}

// CommandNames returns the names of the subcommands that help lists.
func CommandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range VisibleCommands(cmd) {
		names = append(names, c.Name())
	}
	return names
}
