package plugin

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func (o *options) watchCommand() *cobra.Command {
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
		ValidArgsFunction: first(o.completeKey()),
		RunE: o.withLimit(noLimit, func(ctx context.Context, args []string) error {
			w.Key = args[0]
			switch {
			case w.Key == "" && !w.Prefix:
				return badUsage(errEmptyKey)
			case w.Rev < 0:
				return badUsage(fmt.Errorf("--rev %d is negative", w.Rev))
			}
			return o.open(ctx, func(v *lifecycle.View) error { return o.watch(ctx, v, w) })
		}),
	}
	cmd.Flags().BoolVar(&w.Prefix, "prefix", false, `all keys that begin with KEY; "" is every key`)
	cmd.Flags().Int64Var(&w.Rev, "rev", 0, "begin with this revision of the store, not with the next one")
	o.addMember(cmd, cmd.Flags())
	o.addOutput(cmd)
	return cmd
}

func (o *options) watch(ctx context.Context, v *lifecycle.View, w etcd.Watch) error {
	client, err := v.Conn.All()
	if err != nil {
		return err
	}
	w.Event = report.NewEventPrinter(o.Out, report.Format(o.output), !o.terminal()).Print
	w.Note = report.NewProgress(o.ErrOut).Step
	if err := w.Run(ctx, client); err != nil {
		return fmt.Errorf("watch %q: %w", w.Key, err)
	}
	return nil
}
