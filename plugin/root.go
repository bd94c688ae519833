// Package plugin is the command line: one file a subcommand, each turning flags into a call and its report.
package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Run executes one command line and returns the exit status.
func Run(ctx context.Context, streams genericiooptions.IOStreams, args []string) int {
	// client-go logs errors that it returns too, and the end of calls that are needless by then. There is no -v to ask for
	// more; what the API server warns of has a handler of its own.
	klog.SetLogger(logr.Discard())
	if completes(args) {
		quiet, end := alone(streams)
		defer end()
		streams = quiet
	}
	return execute(ctx, streams, args)
}

// execute is Run without what is the process's own, and not a command's.
func execute(ctx context.Context, streams genericiooptions.IOStreams, args []string) int {
	cmd := newCommand(streams)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	var own exitError
	if !errors.As(err, &own) || own.err != nil {
		fmt.Fprintln(streams.ErrOut, "error:", report.EscapeText(suggest(explain(err)).Error()))
	}
	return exitStatus(err)
}

func newCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := newOptions(streams)
	root := group(&cobra.Command{
		Use:           "kubectl-etcd",
		Short:         "Run etcd on Kubernetes: deploy it, look after it, prove that it survives",
		SilenceErrors: true,
		SilenceUsage:  true,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl etcd"},
	})
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return badUsage(fmt.Errorf("%w (see \"%s --help\")", err, cmd.CommandPath()))
	})
	root.SetUsageFunc(usage)
	o.addFlags(root)
	o.completeShared(root)
	o.addCommands(root)
	// A file is never what is meant, but where it is said to be.
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	return root
}

// addCommands is the list of all subcommands, in the groups of the help page.
func (o *options) addCommands(root *cobra.Command) {
	groups := []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"deploy", "Deploy:", []*cobra.Command{
			o.upCommand(), o.downCommand(), o.diffCommand(), o.renderCommand(), o.overlaysCommand(),
		}},
		{"inspect", "Inspect:", []*cobra.Command{o.statusCommand(), o.membersCommand(), o.versionCommand(), o.listCommand(), o.doctorCommand()}},
		{"data", "Data:", []*cobra.Command{o.putCommand(), o.getCommand(), o.delCommand(), o.watchCommand(), o.ctlCommand(), o.proxyCommand()}},
		{"maintain", "Maintain:", []*cobra.Command{o.moveLeaderCommand(), o.replaceCommand(), o.sealCommand(), o.certsCommand(), o.authCommand()}},
		{"prove", "Prove:", []*cobra.Command{o.drillCommand()}},
		{"other", "Other:", []*cobra.Command{o.completionCommand()}},
	}
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, cmd := range g.commands {
			cmd.GroupID = g.id
			usageArgs(cmd)
			root.AddCommand(cmd)
		}
	}
	help := o.helpCommand()
	help.GroupID = "other"
	root.SetHelpCommand(help)
}
