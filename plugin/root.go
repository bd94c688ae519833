// Package plugin is the command line: Run, the tree of commands, their help pages, and exit statuses. The commands are in the
// packages below plugin/cmd, and what they share in plugin/cli.
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
	// client-go logs errors that it returns too, and the end of calls that are needless by then. There is no -v to ask for
	// more; what the API server warns of has a handler of its own.
	klog.SetLogger(logr.Discard())
	if cli.IsCompletion(args) {
		quiet, end := cli.ForCompletion(streams)
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
		return cli.ExitDone
	}
	var own cli.ExitError
	if !errors.As(err, &own) || own.Err != nil {
		fmt.Fprintln(streams.ErrOut, "error:", render.EscapeText(cli.Suggest(cli.Explain(err)).Error()))
	}
	return exitStatus(err)
}

func newCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := cli.NewFactory(streams)
	root := cli.Group(&cobra.Command{
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
		return cli.Usage(fmt.Errorf("%w (see \"%s --help\")", err, cmd.CommandPath()))
	})
	root.SetUsageFunc(usage)
	o.AddFlags(root)
	o.CompleteShared(root)
	addCommands(o, root)
	// A file is never what is meant, but where it is said to be.
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	return root
}

// addCommands is the list of all subcommands, in the groups of the help page.
func addCommands(o *cli.Factory, root *cobra.Command) {
	groups := []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"deploy", "Deploy:", deploy.Commands(o)},
		{"inspect", "Inspect:", inspect.Commands(o)},
		{"data", "Data:", data.Commands(o)},
		{"maintain", "Maintain:", append(maintain.Commands(o), access.Commands(o)...)},
		{"prove", "Prove:", prove.Commands(o)},
		{"other", "Other:", []*cobra.Command{completionCommand(o)}},
	}
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, cmd := range g.commands {
			cmd.GroupID = g.id
			cli.UsageArgs(cmd)
			root.AddCommand(cmd)
		}
	}
	help := helpCommand(o)
	help.GroupID = "other"
	root.SetHelpCommand(help)
}
