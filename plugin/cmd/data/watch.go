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

// watchOptions are the options of "watch".
type watchOptions struct {
	*cli.Factory
	etcd.Watch
}

func newWatch(f *cli.Factory, run func(*watchOptions, context.Context) error) *cobra.Command {
	o := &watchOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "watch KEY",
		Short: "Print each change of a key, or of all keys with a prefix",
		Long: `Print each change of a key, or with --prefix of all keys that begin with it, until Ctrl-C or --timeout.

Each change is a row, with -o json a line of JSON, with -o yaml a document. After a lost connection the watch
continues where it stopped, without a gap or a repetition, and stderr says so. --rev starts in the past, as far back as
the history has not been compacted.`,
		Example: `  kubectl etcd watch greeting
  kubectl etcd watch /config/ --prefix -o json
  kubectl etcd watch "" --prefix --rev 1`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: cli.FirstArgument(f.CompleteKey()),
		RunE: f.WithLimit(cli.NoLimit, func(ctx context.Context, args []string) error {
			o.Key = args[0]
			switch {
			case o.Key == "" && !o.Prefix:
				return cli.Usage(cli.ErrEmptyKey)
			case o.Rev < 0:
				return cli.Usage(fmt.Errorf("--rev %d is negative", o.Rev))
			}
			return run(o, ctx)
		}),
	}
	cmd.Flags().BoolVar(&o.Prefix, "prefix", false, `all keys that begin with KEY; "" is every key`)
	cmd.Flags().Int64Var(&o.Rev, "rev", 0, "start at this revision of the store instead of the next one")
	f.AddMemberFlag(cmd, cmd.Flags())
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *watchOptions) run(ctx context.Context) error {
	return o.WithCluster(ctx, func(v *lifecycle.View) error {
		client, err := v.Conn.All()
		if err != nil {
			return err
		}
		o.Event = render.NewEventPrinter(o.Out, render.Format(o.Output), !o.StdoutIsTerminal()).Print
		o.Note = render.NewProgress(o.ErrOut).Step
		if err := o.Run(ctx, client); err != nil {
			return fmt.Errorf("watch %q: %w", o.Key, err)
		}
		return nil
	})
}
