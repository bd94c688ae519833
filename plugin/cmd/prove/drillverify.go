package prove

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
)

// drillVerifyOptions are the options of "drill verify".
type drillVerifyOptions struct {
	*cli.Factory
	drillFiles
	file    string
	budgets history.Budgets // the given ones
}

func newDrillVerify(f *cli.Factory, run func(*drillVerifyOptions, context.Context) error) *cobra.Command {
	o := &drillVerifyOptions{Factory: f}
	cmd := &cobra.Command{
		Use:               "verify FILE",
		ValidArgsFunction: cli.AnyFile,
		Short:             "Judge the history of a drill again",
		Long: `Judge the history of a drill again, only from the file that its --history wrote: no request is sent to a cluster.
Exit status 3 says that the verdict is fail. Limits that are given here replace those of the drill.`,
		Example: `  kubectl etcd drill leader --history leader.jsonl
  kubectl etcd drill verify leader.jsonl --max-write-gap 500ms --report leader.html`,
		Args: cobra.ExactArgs(1),
		RunE: f.WithLimit(cli.NoLimit, func(ctx context.Context, args []string) error {
			o.file = args[0]
			if err := o.validate(1); err != nil {
				return cli.Usage(err)
			}
			return run(o, ctx)
		}),
	}
	o.addReports(cmd.Flags())
	completeReports(cmd)
	addBudgets(cmd.Flags(), &o.budgets, 0)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *drillVerifyOptions) run(context.Context) error {
	record, err := readHistory(o.file)
	if err != nil {
		return err
	}
	override(&record.Budgets, o.budgets)
	return printVerdict(o.Factory, record, o.drillFiles)
}

func readHistory(path string) (*history.Record, error) {
	file, err := os.Open(path) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	record, err := history.Decode(file)
	if err != nil {
		return nil, fmt.Errorf("read the history %q: %w", path, err)
	}
	return record, nil
}

// override sets the given budgets in b.
func override(b *history.Budgets, given history.Budgets) {
	if given.WriteGap > 0 {
		b.WriteGap = given.WriteGap
	}
	if given.ReadGap > 0 {
		b.ReadGap = given.ReadGap
	}
	if given.Recovery > 0 {
		b.Recovery = given.Recovery
	}
}
