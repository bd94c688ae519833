// Package plugin is the command line: Run, the tree of commands, help pages, and exit statuses. The commands are in the packages
// below plugin/cmd, and the code that they share is in plugin/cli.
package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cmd/access"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cmd/data"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cmd/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cmd/inspect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cmd/maintain"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cmd/prove"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// Run executes one command line and returns the exit status.
func Run(ctx context.Context, streams genericiooptions.IOStreams, args []string) int {
	// client-go logs errors that it also returns, and the end of canceled calls. There is no -v to show more, and the API
	// server's warnings have their own handler.
	klog.SetLogger(logr.Discard())
	if cli.IsCompletion(args) {
		quiet, end := cli.ForCompletion(streams)
		defer end()
		streams = quiet
	}
	return execute(ctx, streams, args)
}

// execute is Run without its changes to the process: the logger and the standard streams.
func execute(ctx context.Context, streams genericiooptions.IOStreams, args []string) int {
	cmd := newCommand(streams)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return cli.ExitDone
	}
	var own cli.ExitError
	if !errors.As(err, &own) || own.Err != nil {
		fmt.Fprintln(streams.ErrOut, "error:", render.EscapeText(cli.Suggest(cli.Explain(err)).Error()))
	}
	return exitStatus(err)
}

func newCommand(streams genericiooptions.IOStreams) *cobra.Command {
	f := cli.NewFactory(streams)
	root := cli.Group(&cobra.Command{
		Use:           "kubectl-etcd",
		Short:         "Run etcd on Kubernetes: deploy it, maintain it, prove that it survives faults",
		SilenceErrors: true,
		SilenceUsage:  true,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl etcd"},
	})
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return cli.Usage(fmt.Errorf("%w (see \"%s --help\")", err, cmd.CommandPath()))
	})
	root.SetUsageFunc(usage)
	f.AddFlags(root)
	f.CompleteShared(root)
	addCommands(f, root)
	// Arguments and flags complete with files only if they say so.
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	return root
}

// addCommands adds all subcommands to root, in the groups of its help page.
func addCommands(f *cli.Factory, root *cobra.Command) {
	groups := []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"deploy", "Deploy:", deploy.Commands(f)},
		{"inspect", "Inspect:", inspect.Commands(f)},
		{"data", "Data:", data.Commands(f)},
		{"maintain", "Maintain:", append(maintain.Commands(f), access.Commands(f)...)},
		{"prove", "Prove:", prove.Commands(f)},
		{"other", "Other:", []*cobra.Command{completionCommand(f)}},
	}
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, cmd := range g.commands {
			cmd.GroupID = g.id
		}
		cli.AddCommands(root, g.commands...)
	}
	help := helpCommand(f)
	help.GroupID = "other"
	root.SetHelpCommand(help)
}
