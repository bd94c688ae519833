package prove

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

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
	// maxRate (operations a second) and maxClients limit the probe: beyond them, it measures the tunnels through the API server.
	maxRate    = 2000
	maxClients = 100
	maxRounds  = 10000
	// maxOperations is how many operations one drill can record.
	maxOperations = 1_000_000
)

// drillOptions are the options of "drill".
type drillOptions struct {
	*cli.Factory
	drill.Options
	drillFiles
	plan   drill.Plan
	faults []string
	force  bool
	yes    bool
}

func newDrill(f *cli.Factory, run func(*drillOptions, context.Context) error, subcommands ...*cobra.Command) *cobra.Command {
	o := &drillOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "drill FAULT",
		Short: "Inject a fault into a healthy cluster under load, and prove that no acknowledged write was lost",
		Long: `Inject a fault into a healthy cluster under load, watch it recover, and prove that no acknowledged write was lost.

Before, during and after the fault, a probe sends operations at a steady rate, whether they are answered or not: writes
of unique keys, compare-and-swaps and reads of registers, to each member in turn, and a watch. Then every acknowledged
write is read back from every member's own store, the registers' history is checked for linearizability, the watch must
have delivered every change once and in order, and the stores' hashes are compared at one revision. The verdict is
computed from the recorded history only, and what could not be observed fails the drill. Exit status 3 says that the
report was printed and that the verdict is fail. --max-write-gap, --max-read-gap and --max-recovery are limits:
exceeding one fails the drill.

The cluster must be healthy and is left as it was found: the drill removes its keys and undoes its changes, also after
Ctrl-C, and names what it could not undo. On a terminal the drill asks before it begins, unless --yes is given; in a
script it starts without asking.

With --repeat or --faults, drills run one after the other until one fails. "drill verify" judges a --history again.

Faults:
` + faultList(),
		Example: `  kubectl etcd drill leader
  kubectl etcd drill leader --force --etcd orders -n shop --yes -o json
  kubectl etcd drill pause --for 10s --max-write-gap 3s --report pause.html
  kubectl etcd drill observe --for 10m --history upgrade.jsonl
  kubectl etcd drill --faults leader,crash,evict --random --seed 7 --repeat 20 --yes`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: cli.FirstArgument(completeFault),
		RunE: f.WithLimit(cli.NoLimit, func(ctx context.Context, args []string) error {
			if err := o.validate(args); err != nil {
				return cli.Usage(err)
			}
			return run(o, ctx)
		}),
	}
	o.add(cmd.Flags())
	completeReports(cmd)
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"faults": completeFaults, "history": cli.AnyFile})
	f.AddQueueFlag(cmd)
	f.AddOutputFlag(cmd)
	cli.AddCommands(cmd, subcommands...)
	return cmd
}

func (o *drillOptions) add(flags *pflag.FlagSet) {
	flags.IntVar(&o.Rate, "rate", 100, "operations per second of the probe")
	flags.IntVar(&o.Clients, "clients", 0, "number of clients of the probe, each with its own connection to one member (default one for each member)")
	flags.DurationVar(&o.For, "for", 0, "how long the fault lasts, for faults with a duration (see \"drill list\")")
	flags.BoolVar(&o.force, "force", false, "delete the leader's pod without a grace period")
	addBudgets(flags, &o.Budgets, 3*time.Minute)
	flags.IntVar(&o.plan.Rounds, "repeat", 1, "run this many drills one after the other, until one fails")
	flags.StringSliceVar(&o.faults, "faults", nil, "several faults, injected in turn, in place of FAULT")
	flags.BoolVar(&o.plan.Random, "random", false, "choose the fault of each drill at random from --faults")
	flags.Uint64Var(&o.plan.Seed, "seed", 1, "seed of --random: the same seed gives the same order")
	o.drillFiles.add(flags)
	flags.StringVar(&o.Image, "agent-image", fault.AgentImage, "image of the program that sends signals to etcd, for mirrors")
	flags.BoolVar(&o.ControlPlane, "i-know-this-is-the-control-plane", false, "run although the cluster looks like the etcd of a Kubernetes control plane")
	flags.BoolVar(&o.yes, "yes", false, "do not ask for confirmation")
}

// addBudgets adds the flags with a drill's budgets. recovery is the default of --max-recovery.
func addBudgets(flags *pflag.FlagSet, b *history.Budgets, recovery time.Duration) {
	flags.DurationVar(&b.WriteGap, "max-write-gap", 0, "longest time without an acknowledged write; a longer one fails the drill")
	flags.DurationVar(&b.ReadGap, "max-read-gap", 0, "longest time without a linearizable read; a longer one fails the drill")
	flags.DurationVar(&b.Recovery, "max-recovery", recovery, "how long it may take until all members are healthy again; a longer time fails the drill")
}

// validate checks the flags and resolves the faults by name.
func (o *drillOptions) validate(args []string) error {
	switch {
	case o.Rate < 1 || o.Rate > maxRate:
		return fmt.Errorf("--rate %d is not between 1 and %d", o.Rate, maxRate)
	case o.Clients < 0 || o.Clients > maxClients:
		return fmt.Errorf("--clients %d is not between 1 and %d", o.Clients, maxClients)
	case o.For < 0:
		return fmt.Errorf("--for %s is negative", o.For)
	case o.For.Seconds()*float64(o.Rate) > maxOperations:
		return fmt.Errorf("%d operations per second for %s are more than the %d that a drill can record (lower --rate)", o.Rate, o.For, maxOperations)
	case o.Budgets.Recovery <= 0:
		return fmt.Errorf("--max-recovery %s must be positive", o.Budgets.Recovery)
	case o.Budgets.WriteGap < 0 || o.Budgets.ReadGap < 0:
		return errors.New("--max-write-gap and --max-read-gap must be positive")
	case o.plan.Rounds < 1 || o.plan.Rounds > maxRounds:
		return fmt.Errorf("--repeat %d is not between 1 and %d", o.plan.Rounds, maxRounds)
	case len(args) > 0 && len(o.faults) > 0:
		return fmt.Errorf("give FAULT %q or --faults, and not both", args[0])
	}
	if len(o.faults) == 0 {
		o.faults = append([]string{}, strings.Join(args, ""))
	}
	for _, name := range o.faults {
		if o.force && name == "leader" {
			name = "leader-force"
		} else if o.force && name != "leader-force" {
			return fmt.Errorf("--force is for the fault leader, and not for %q", name)
		}
		f, err := fault.Find(name)
		if err != nil {
			return err
		}
		if o.For > 0 && f.For == 0 && len(o.faults) == 1 {
			return fmt.Errorf("the fault %s has no duration that --for could set", f.Name)
		}
		o.plan.Faults = append(o.plan.Faults, f)
	}
	if o.plan.Rounds == 1 {
		o.plan.Rounds = len(o.plan.Faults)
	}
	return o.drillFiles.validate(o.plan.Rounds)
}

// run runs one drill or a series, and prints the report.
func (o *drillOptions) run(ctx context.Context) error {
	o.Options.Confirm = func(plan string) error { return o.confirmPlan(ctx, plan) }
	env, err := o.Env()
	if err != nil {
		return err
	}
	if o.plan.Rounds > 1 {
		series, err := drill.Series(ctx, env, o.plan, o.Options, func(r *history.Record) error { return o.writeHistory(r, true) })
		if err != nil && len(series.Rounds) == 0 {
			return err
		}
		wrote := o.writeSeries(series)
		return errors.Join(o.Print(render.DrillSeries(series)), wrote, err, drillVerdict("the drills", series.Verdict, series.Reasons))
	}
	f := o.plan.Faults[0]
	record, err := drill.Run(ctx, env, f, o.Options)
	if err != nil {
		return fmt.Errorf("drill %s: %w", f.Name, err)
	}
	return printVerdict(o.Factory, record, o.drillFiles)
}

// printVerdict judges a record, writes its files, and prints the verdict.
func printVerdict(f *cli.Factory, r *history.Record, files drillFiles) error {
	v := verdict.Judge(r)
	wrote := files.write(r, v) // first, because the reader of stdout may close it early
	return errors.Join(f.Print(render.Drill(v)), wrote, drillVerdict("drill "+v.Fault, v.Verdict, v.Reasons))
}

// drillVerdict returns a BadNewsError for every verdict but pass.
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

// confirmPlan asks the user to confirm the drill. If stdin is no terminal, the command line itself is the consent.
func (o *drillOptions) confirmPlan(ctx context.Context, plan string) error {
	if o.yes || !o.StdinIsTerminal() {
		return nil
	}
	return o.Factory.Confirm(ctx, "The drill will "+plan+".", "yes")
}
