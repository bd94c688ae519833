package prove

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/moby/term"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/verdict"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

const (
	// maxRate and maxClients bound the probe: beyond them the tunnels through the API server are what is measured.
	maxRate    = 2000
	maxClients = 100
	maxRounds  = 10000
	// maxOperations bounds what one drill remembers of them.
	maxOperations = 1_000_000
)

// drillFlags are the flags of a drill.
type drillFlags struct {
	drill.Options
	drillFiles
	plan   drill.Plan
	faults []string
	force  bool
	yes    bool
}

func NewDrill(o *cli.Factory) *cobra.Command {
	d := &drillFlags{}
	cmd := &cobra.Command{
		Use:   "drill FAULT",
		Short: "Damage a healthy cluster under load, and prove that nothing acknowledged was lost",
		Long: `Damage a healthy cluster under load, watch it recover, and prove that nothing acknowledged was lost.

A probe works at a steady rate, whatever comes back, before, during and after the fault: writes of keys of their own,
compare-and-swaps and reads of registers, to each member in turn, and a watch. Then every acknowledged write is read back
from every member's own store, the registers' history is checked for linearizability, the watch must have told every
change once and in order, and the stores' hashes are compared at one revision. The verdict is computed from what was
recorded; what could not be observed fails it. Exit status 3 says that the report was printed and that the verdict is
fail. --max-write-gap, --max-read-gap and --max-recovery make it a gate.

The cluster must be healthy and is left as it was found: the drill's keys are removed and what it changed is undone, also
on Ctrl-C, and what cannot be undone is named. On a terminal the drill asks before it begins, unless --yes is given; in a
script it just runs.

With --repeat or --faults one drill follows the other, until one fails. "drill verify" judges a --history again.

Faults:
` + faultList(),
		Example: `  kubectl etcd drill leader
  kubectl etcd drill leader --force --etcd orders -n shop --yes -o json
  kubectl etcd drill pause --for 10s --max-write-gap 3s --report pause.html
  kubectl etcd drill observe --for 10m --history upgrade.jsonl
  kubectl etcd drill --faults leader,crash,evict --random --seed 7 --repeat 20 --yes`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cli.FirstArgument(completeFault),
		RunE: o.WithLimit(cli.NoLimit, func(ctx context.Context, args []string) error {
			if err := d.validate(args); err != nil {
				return cli.Usage(err)
			}
			d.Confirm = func(plan string) error { return allow(o, ctx, d.yes, plan) }
			return runDrill(o, ctx, d)
		}),
	}
	d.add(cmd.Flags())
	completeReports(cmd)
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"faults": completeFaults, "history": cli.AnyFile})
	o.AddQueueFlag(cmd)
	o.AddOutputFlag(cmd)
	for _, sub := range []*cobra.Command{drillListCommand(o), drillVerifyCommand(o)} {
		cli.UsageArgs(sub)
		cmd.AddCommand(sub)
	}
	return cmd
}

func (d *drillFlags) add(flags *pflag.FlagSet) {
	flags.IntVar(&d.Rate, "rate", 100, "operations a second of the probe")
	flags.IntVar(&d.Clients, "clients", 0, "clients of the probe, each with a connection of its own to one member (default one for each member)")
	flags.DurationVar(&d.For, "for", 0, "how long the fault lasts, of those that have a length (see \"drill list\")")
	flags.BoolVar(&d.force, "force", false, "delete the leader's pod without a grace period")
	addBudgets(flags, &d.Budgets, 3*time.Minute)
	flags.IntVar(&d.plan.Rounds, "repeat", 1, "do so many drills one after the other, until one fails")
	flags.StringSliceVar(&d.faults, "faults", nil, "several faults, in turn, in place of FAULT")
	flags.BoolVar(&d.plan.Random, "random", false, "draw the fault of each drill from --faults")
	flags.Uint64Var(&d.plan.Seed, "seed", 1, "of what --random draws: the same one gives the same order")
	d.drillFiles.add(flags)
	flags.StringVar(&d.Image, "agent-image", fault.AgentImage, "image of the program that sends signals to etcd, for mirrors")
	flags.BoolVar(&d.ControlPlane, "i-know-this-is-the-control-plane", false, "go on though the cluster looks like the etcd of a Kubernetes itself")
	flags.BoolVar(&d.yes, "yes", false, "do not ask")
}

// addBudgets adds the bounds of what a drill may show. recovery is the default of that one.
func addBudgets(flags *pflag.FlagSet, b *history.Budgets, recovery time.Duration) {
	flags.DurationVar(&b.WriteGap, "max-write-gap", 0, "longest time in which no member acknowledged a write; longer fails the drill")
	flags.DurationVar(&b.ReadGap, "max-read-gap", 0, "longest time in which no member served a linearizable read; longer fails the drill")
	flags.DurationVar(&b.Recovery, "max-recovery", recovery, "how long every member may take to be healthy again; longer fails the drill")
}

// validate refuses what cannot be done, and finds the faults.
func (d *drillFlags) validate(args []string) error {
	switch {
	case d.Rate < 1 || d.Rate > maxRate:
		return fmt.Errorf("--rate %d is not between 1 and %d", d.Rate, maxRate)
	case d.Clients < 0 || d.Clients > maxClients:
		return fmt.Errorf("--clients %d is not between 1 and %d", d.Clients, maxClients)
	case d.For < 0:
		return fmt.Errorf("--for %s is negative", d.For)
	case d.For.Seconds()*float64(d.Rate) > maxOperations:
		return fmt.Errorf("%d operations a second for %s are more than the %d that a drill can remember (lower --rate)", d.Rate, d.For, maxOperations)
	case d.Budgets.Recovery <= 0:
		return fmt.Errorf("--max-recovery %s must be positive", d.Budgets.Recovery)
	case d.Budgets.WriteGap < 0 || d.Budgets.ReadGap < 0:
		return errors.New("--max-write-gap and --max-read-gap must be positive")
	case d.plan.Rounds < 1 || d.plan.Rounds > maxRounds:
		return fmt.Errorf("--repeat %d is not between 1 and %d", d.plan.Rounds, maxRounds)
	case len(args) > 0 && len(d.faults) > 0:
		return fmt.Errorf("give FAULT %q or --faults, and not both", args[0])
	}
	if len(d.faults) == 0 {
		d.faults = append([]string{}, strings.Join(args, ""))
	}
	for _, name := range d.faults {
		if d.force && name == "leader" {
			name = "leader-force"
		} else if d.force && name != "leader-force" {
			return fmt.Errorf("--force is for the fault leader, and not for %q", name)
		}
		f, err := fault.Find(name)
		if err != nil {
			return err
		}
		if d.For > 0 && f.For == 0 && len(d.faults) == 1 {
			return fmt.Errorf("the fault %s has no length that --for could set", f.Name)
		}
		d.plan.Faults = append(d.plan.Faults, f)
	}
	if d.plan.Rounds == 1 {
		d.plan.Rounds = len(d.plan.Faults)
	}
	return d.drillFiles.validate(d.plan.Rounds)
}

// runDrill does one drill, or a series, and reports it.
func runDrill(o *cli.Factory, ctx context.Context, d *drillFlags) error {
	env, err := o.Env()
	if err != nil {
		return err
	}
	if d.plan.Rounds > 1 {
		series, err := drill.Series(ctx, env, d.plan, d.Options, func(r *history.Record) error { return d.writeHistory(r, true) })
		if err != nil && len(series.Rounds) == 0 {
			return err
		}
		wrote := d.writeSeries(series)
		return errors.Join(o.Print(render.DrillSeries(series)), wrote, err, drillVerdict("the drills", series.Verdict, series.Reasons))
	}
	f := d.plan.Faults[0]
	record, err := drill.Run(ctx, env, f, d.Options)
	if err != nil {
		return fmt.Errorf("drill %s: %w", f.Name, err)
	}
	return judged(o, record, d.drillFiles)
}

// judged prints the verdict on a record, and writes the files that are wanted of it.
func judged(o *cli.Factory, r *history.Record, files drillFiles) error {
	v := verdict.Judge(r)
	wrote := files.write(r, v) // first: whoever reads stdout may leave before its end
	return errors.Join(o.Print(render.Drill(v)), wrote, drillVerdict("drill "+v.Fault, v.Verdict, v.Reasons))
}

// drillVerdict makes an exit status of a verdict.
func drillVerdict(what, found string, reasons []string) error {
	if found == report.Pass {
		return nil
	}
	return cli.BadNews(fmt.Sprintf("%s failed: %s", what, strings.Join(reasons, "; ")))
}

func faultList() string {
	var text strings.Builder
	for _, f := range fault.All() {
		fmt.Fprintf(&text, "  %-13s %s\n", f.Name, f.About)
	}
	return strings.TrimRight(text.String(), "\n")
}

// allow asks a person before something is damaged. Where nobody sits there to be asked, who wrote the command has
// decided.
func allow(o *cli.Factory, ctx context.Context, yes bool, plan string) error {
	if _, terminal := term.GetFdInfo(o.In); yes || !terminal {
		return nil
	}
	return o.Confirm(ctx, "The drill will "+plan+".", "yes")
}
