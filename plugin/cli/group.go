package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

// UsageArgs makes a wrong number of arguments a usage error, with the line that shows the right one.
func UsageArgs(cmd *cobra.Command) {
	check := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return Usage(fmt.Errorf("%w (usage: %s)", err, cmd.UseLine()))
		}
		return nil
	}
}

// UnknownCommand is the error of a word that is no subcommand of cmd: it names the nearest.
func UnknownCommand(cmd *cobra.Command, name string) error {
	return Usage(Unknown("command", name, CommandNames(cmd), fmt.Sprintf("see \"%s --help\"", cmd.CommandPath())))
}

// Group makes a command of several.
func Group(cmd *cobra.Command, subcommands ...*cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return UnknownCommand(cmd, args[0])
		}
		return cmd.Help()
	}
	for _, sub := range subcommands {
		UsageArgs(sub)
		cmd.AddCommand(sub)
	}
	return cmd
}

// Shown are the subcommands that a user is told of: cobra does not count help among those that are available.
func Shown(cmd *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() && c.Name() != "help" })
}

// CommandNames returns the names of the subcommands that a user is told of.
func CommandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range Shown(cmd) {
		names = append(names, c.Name())
	}
	return names
}
