package data

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

func NewWatch(o *cli.Factory) *cobra.Command {
	var w etcd.Watch
	cmd := &cobra.Command{
		Use:   "watch KEY",
		Short: "Tell each change of a key, or of all keys with a prefix",
		Long: `Tell each change of a key, or with --prefix of all keys that begin with it, until Ctrl-C or --timeout.

Each change is a row, with -o json a line of JSON, with -o yaml a document. A lost connection is taken up again where
it broke, without a gap or a repetition, and stderr says so. --rev begins in the past, as far back as history has not
been compacted.`,
		Example: `  kubectl etcd watch greeting
  kubectl etcd watch /config/ --prefix -o json
  kubectl etcd watch "" --prefix --rev 1`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cli.FirstArgument(o.CompleteKey()),
		RunE: o.WithLimit(cli.NoLimit, func(ctx context.Context, args []string) error {
			w.Key = args[0]
			switch {
			case w.Key == "" && !w.Prefix:
				return cli.Usage(ErrEmptyKey)
			case w.Rev < 0:
				return cli.Usage(fmt.Errorf("--rev %d is negative", w.Rev))
			}
			return o.WithCluster(ctx, func(v *lifecycle.View) error { return watch(o, ctx, v, w) })
		}),
	}
	cmd.Flags().BoolVar(&w.Prefix, "prefix", false, `all keys that begin with KEY; "" is every key`)
	cmd.Flags().Int64Var(&w.Rev, "rev", 0, "begin with this revision of the store, not with the next one")
	o.AddMemberFlag(cmd, cmd.Flags())
	o.AddOutputFlag(cmd)
	return cmd
}

func watch(o *cli.Factory, ctx context.Context, v *lifecycle.View, w etcd.Watch) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	w.Event = render.NewEventPrinter(o.Out, render.Format(o.Output), !o.StdoutIsTerminal()).Print
	w.Note = render.NewProgress(o.ErrOut).Step
	if err := w.Run(ctx, client); err != nil {
		return fmt.Errorf("watch %q: %w", w.Key, err)
	}
	return nil
}
