package plugin

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/topics"
)

// helpWidth is the width of help pages in columns.
const helpWidth = 120

// flagsTopic is the topic with the flags that every command takes. Help pages leave them out: they would hide the command's own.
const flagsTopic = "flags"

func helpCommand(f *cli.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC]",
		Short: "Show help for a command or topic",
		Example: `  kubectl etcd help up
  kubectl etcd help certs issue
  kubectl etcd help quorum`,
		ValidArgsFunction: completeHelp,
		Args:              cobra.ArbitraryArgs,
		RunE:              func(cmd *cobra.Command, args []string) error { return help(f, cmd.Root(), args) },
	}
}

// help prints the page of a command or a topic.
func help(f *cli.Factory, root *cobra.Command, args []string) error {
	cmd, rest, err := root.Find(args)
	if err == nil && len(rest) == 0 {
		cmd.InitDefaultHelpFlag() // cobra adds it only when it runs the command
		return cmd.Help()
	}
	list := topics.All()
	i := slices.IndexFunc(list, func(t topics.Topic) bool { return len(args) == 1 && t.Name == args[0] })
	if i < 0 {
		if cmd != nil && cmd != root && len(rest) > 0 {
			return cli.UnknownCommand(cmd, rest[0])
		}
		return cli.Usage(cli.Unknown("command or topic", strings.Join(args, " "), helpNames(root), `see "kubectl etcd --help"`))
	}
	fmt.Fprintf(f.Out, "%s\n\n%s", list[i].Title, list[i].Text)
	if list[i].Name == flagsTopic {
		for _, g := range f.Groups {
			fmt.Fprintf(f.Out, "\n%s\n%s", g.Title, g.Flags.FlagUsagesWrapped(helpWidth))
		}
	}
	return nil
}

func helpNames(root *cobra.Command) []string {
	names := cli.CommandNames(root)
	for _, t := range topics.All() {
		names = append(names, t.Name)
	}
	return names
}

// completeHelp completes with the names of commands, their subcommands, and topics.
func completeHelp(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	at, rest, err := cmd.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var list []string
	for _, c := range cli.VisibleCommands(at) {
		list = append(list, cobra.CompletionWithDesc(c.Name(), c.Short))
	}
	if at == cmd.Root() {
		for _, t := range topics.All() {
			list = append(list, cobra.CompletionWithDesc(t.Name, t.Title))
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}

// usage prints a help page below the command's description. Unlike cobra's, it leaves out the flags that every command takes, and
// is no template: text/template makes the linker keep every exported method.
func usage(cmd *cobra.Command) error {
	w := cmd.OutOrStderr()
	fmt.Fprintf(w, "Usage:\n")
	if cmd.Runnable() && (cmd.HasParent() && (!cmd.HasSubCommands() || strings.Contains(cmd.Use, " "))) {
		fmt.Fprintf(w, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "  %s COMMAND [flags]\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
	}
	for _, g := range cmd.Groups() {
		printCommands(w, cmd, g.ID, g.Title)
	}
	printCommands(w, cmd, "", "Commands:")
	if !cmd.HasParent() {
		fmt.Fprintf(w, "\nTopics (kubectl etcd help TOPIC):\n")
		for _, t := range topics.All() {
			printRow(w, t.Name, t.Title)
		}
		fmt.Fprintf(w, "\n\"kubectl etcd COMMAND --help\" shows the help of a command.\n")
		return nil
	}
	fmt.Fprintf(w, "\nFlags:\n%s", cmd.LocalFlags().FlagUsagesWrapped(helpWidth)) // every command has at least --help
	fmt.Fprintf(w, "\nAll commands also take kubectl's flags (-n, --context, ...), and flags that select the etcd cluster and its\n"+
		"credentials: see \"kubectl etcd help %s\".\n", flagsTopic)
	return nil
}

// printCommands prints the subcommands of a group under its title, if there are any.
func printCommands(w io.Writer, cmd *cobra.Command, group, title string) {
	first := true
	for _, c := range cli.VisibleCommands(cmd) {
		if c.GroupID != group {
			continue
		}
		if first {
			fmt.Fprintf(w, "\n%s\n", title)
			first = false
		}
		printRow(w, c.Name(), c.Short)
	}
}

func printRow(w io.Writer, name, text string) { fmt.Fprintf(w, "  %-13s %s\n", name, text) }
