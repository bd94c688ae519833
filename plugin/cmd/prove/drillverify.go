package prove

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
)

func drillVerifyCommand(o *cli.Factory) *cobra.Command {
	var files drillFiles
	var budgets history.Budgets
	cmd := &cobra.Command{
		Use:               "verify FILE",
		ValidArgsFunction: cli.AnyFile,
		Short:             "Judge the history of a drill again",
		Long: `Judge the history of a drill again, from the file that its --history wrote and from nothing else: no cluster is asked.
Exit status 3 says that the verdict is fail. Budgets that are given take the place of the drill's own.`,
		Example: `  kubectl etcd drill leader --history leader.jsonl
  kubectl etcd drill verify leader.jsonl --max-write-gap 500ms --report leader.html`,
		Args: cobra.ExactArgs(1),
		RunE: o.WithLimit(cli.NoLimit, func(_ context.Context, args []string) error {
			if err := files.validate(1); err != nil {
				return cli.Usage(err)
			}
			record, err := readHistory(args[0])
			if err != nil {
				return err
			}
			override(&record.Budgets, budgets)
			return judged(o, record, files)
		}),
	}
	files.addReports(cmd.Flags())
	completeReports(cmd)
	addBudgets(cmd.Flags(), &budgets, 0)
	o.AddOutputFlag(cmd)
	return cmd
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

// override takes those of the budgets that are given.
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
