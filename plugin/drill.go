package plugin

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/moby/term"
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// maxRate bounds the probe: beyond it the tunnel through the API server is what is measured.
const maxRate = 2000

func (o *options) drillCommand() *cobra.Command {
	d := drill.Options{}
	var yes bool
	cmd := &cobra.Command{
		Use:   "drill FAULT",
		Short: "Damage a healthy cluster under load, and prove that nothing acknowledged was lost",
		Long: `Damage a healthy cluster under load, watch it recover, and prove that nothing acknowledged was lost.

A probe writes unique keys at a steady rate, to each member in turn, before, during and after the fault. Then every
acknowledged write is read back from every member's own store, and the stores' hashes are compared at one revision.
The verdict is computed from what was recorded; what could not be observed fails it. Exit status 3 says that the
report was printed and that the verdict is fail. The probe's keys are removed.

On a terminal the drill asks before it begins, unless --yes is given; in a script it just runs.

Faults:
` + faultList(),
		Example: `  kubectl etcd drill leader
  kubectl etcd drill leader --etcd orders -n shop --yes -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: o.withLimit(changeWait, func(ctx context.Context, args []string) error {
			fault, err := drill.Find(strings.Join(args, ""))
			if err != nil {
				return usageError{err}
			}
			switch {
			case d.Rate < 1 || d.Rate > maxRate:
				return usageError{fmt.Errorf("--rate %d is not between 1 and %d", d.Rate, maxRate)}
			case d.Recover <= 0:
				return usageError{fmt.Errorf("--max-recovery %s must be positive", d.Recover)}
			}
			d.Confirm = func(plan string) error { return o.allow(ctx, yes, plan) }
			return o.drill(ctx, fault, d)
		}),
	}
	cmd.Flags().IntVar(&d.Rate, "rate", 100, "writes a second of the probe")
	cmd.Flags().DurationVar(&d.Recover, "max-recovery", 3*time.Minute, "how long every member may take to be healthy again; longer fails the drill")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	o.addOutput(cmd)
	return cmd
}

func faultList() string {
	var text strings.Builder
	for _, f := range drill.Faults() {
		fmt.Fprintf(&text, "  %-10s %s\n", f.Name, f.About)
	}
	return strings.TrimRight(text.String(), "\n")
}

func (o *options) drill(ctx context.Context, fault drill.Fault, d drill.Options) error {
	env, err := o.env()
	if err != nil {
		return err
	}
	result, err := drill.Run(ctx, env, o.query.Name, fault, d)
	if err != nil {
		return fmt.Errorf("drill %s: %w", fault.Name, err)
	}
	if err := o.print(result); err != nil {
		return err
	}
	if result.Verdict != report.Pass {
		return badNews{fmt.Sprintf("drill %s failed: %s", fault.Name, strings.Join(result.Reasons, "; "))}
	}
	return nil
}

// allow asks a person before something is damaged. Where nobody sits there to be asked, who wrote the command has
// decided.
func (o *options) allow(ctx context.Context, yes bool, plan string) error {
	if _, terminal := term.GetFdInfo(o.In); yes || !terminal {
		return nil
	}
	return o.confirm(ctx, "The drill will "+plan+".", "yes")
}
