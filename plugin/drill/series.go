package drill

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/verdict"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Plan is the faults of a series of drills and their order.
type Plan struct {
	Faults []fault.Fault // one per round, in turn unless Random
	Rounds int
	Random bool   // draw each round's fault
	Seed   uint64 // of the random order
}

// order returns the fault of each round. The same seed gives the same order.
func (p Plan) order() []fault.Fault {
	draw := rand.New(rand.NewPCG(p.Seed, 0)) //nolint:gosec // it is to be repeated, and guards nothing
	rounds := make([]fault.Fault, p.Rounds)
	for i := range rounds {
		next := i % len(p.Faults)
		if p.Random {
			next = draw.IntN(len(p.Faults))
		}
		rounds[i] = p.Faults[next]
	}
	return rounds
}

func (p Plan) text() string {
	var names []string
	for _, f := range p.Faults {
		names = append(names, f.Name)
	}
	order := "in turn"
	if p.Random {
		order = fmt.Sprintf("drawn with seed %d", p.Seed)
	}
	return fmt.Sprintf("run %d drills one after the other: %s, %s", p.Rounds, strings.Join(names, ", "), order)
}

// Series runs one drill after the other and judges each, until one fails or all are done. It calls each with every
// record. An error ends the series too: the report then has the rounds so far.
func Series(ctx context.Context, env lifecycle.Env, p Plan, o Options, each func(*history.Record) error) (report.DrillSeries, error) {
	s := report.DrillSeries{Verdict: report.Pass, Reasons: []string{}, Seed: p.Seed, Planned: p.Rounds, Faults: []report.DrillDistribution{}, Rounds: []report.DrillRound{}}
	confirm := o.Confirm
	o.Confirm = func(plan string) error { return confirm(p.text() + ". The first drill will " + plan) }
	for i, f := range p.order() {
		env.Progress.Step("Drill %d of %d: %s", i+1, p.Rounds, f.Name)
		record, err := Run(ctx, env, f, o)
		if err == nil && i < p.Rounds-1 {
			err = settle(ctx, env, record, o)
		}
		if record == nil {
			return finished(s, err), fmt.Errorf("drill %d of %d, %s: %w", i+1, p.Rounds, f.Name, err)
		}
		o.Confirm = func(string) error { return nil }
		d := verdict.Judge(record)
		s.Head = report.NewHead("DrillSeries", d.Namespace, d.Cluster)
		s.Rounds = append(s.Rounds, round(i+1, d))
		env.Progress.Step("Drill %d of %d: %s %s, longest write gap %s", i+1, p.Rounds, f.Name, d.Verdict, d.LongestWriteGap)
		if err := each(record); err != nil {
			return finished(s, err), err
		}
		if err != nil {
			return finished(s, err), fmt.Errorf("after drill %d of %d, %s: %w", i+1, p.Rounds, f.Name, err)
		}
		if d.Verdict != report.Pass {
			return finished(s, nil), nil
		}
	}
	return finished(s, nil), nil
}

// settle waits between two drills until all pods are Ready, because a PodDisruptionBudget counts Ready pods.
func settle(ctx context.Context, env lifecycle.Env, r *history.Record, o Options) error {
	limited, cancel := context.WithTimeoutCause(ctx, o.Budgets.Recovery, fmt.Errorf("not all pods were Ready within %s", o.Budgets.Recovery))
	defer cancel()
	env.Target.Name = r.Cluster
	return env.WaitHealthyAndReady(limited)
}

func round(n int, d report.Drill) report.DrillRound {
	r := report.DrillRound{
		Round: n, Fault: d.Fault, Targets: d.Targets, Verdict: d.Verdict, Reasons: d.Reasons, Writes: d.Writes, Reads: d.Reads,
		Linearizable: d.Linearizable, Elections: d.Elections, Left: d.Left,
		LongestWriteGapSeconds: d.LongestWriteGapSeconds, LongestReadGapSeconds: d.LongestReadGapSeconds,
	}
	if d.TimeToNewLeader != "" {
		r.TimeToNewLeaderSeconds = &d.TimeToNewLeaderSeconds
	}
	if d.TimeToHealthy != "" {
		r.TimeToHealthySeconds = &d.TimeToHealthySeconds
	}
	return r
}

// finished completes the report of a series. err is why it ended early, or nil.
func finished(s report.DrillSeries, err error) report.DrillSeries {
	for _, r := range s.Rounds {
		if r.Verdict != report.Pass {
			s.Reasons = append(s.Reasons, fmt.Sprintf("drill %d, %s, failed: %s", r.Round, r.Fault, strings.Join(r.Reasons, "; ")))
		}
	}
	if err != nil {
		s.Reasons = append(s.Reasons, "the series ended early: "+err.Error())
	}
	if len(s.Reasons) > 0 {
		s.Verdict = report.Fail
	}
	s.Faults = distributions(s.Rounds)
	return s
}

// distributions summarizes the rounds of each fault, in the order in which the faults first occurred.
func distributions(rounds []report.DrillRound) []report.DrillDistribution {
	out := []report.DrillDistribution{}
	var names []string
	by := map[string][]report.DrillRound{}
	for _, r := range rounds {
		if !slices.Contains(names, r.Fault) {
			names = append(names, r.Fault)
		}
		by[r.Fault] = append(by[r.Fault], r)
	}
	for _, name := range names {
		d := report.DrillDistribution{Fault: name, Rounds: len(by[name])}
		var write, read, leader, healthy []float64
		for _, r := range by[name] {
			if r.Verdict == report.Pass {
				d.Passed++
			}
			d.Acknowledged, d.Ambiguous, d.Lost = d.Acknowledged+r.Writes.Acknowledged, d.Ambiguous+r.Writes.Ambiguous, d.Lost+r.Writes.Lost
			write, read = append(write, r.LongestWriteGapSeconds), append(read, r.LongestReadGapSeconds)
			if r.TimeToNewLeaderSeconds != nil {
				leader = append(leader, *r.TimeToNewLeaderSeconds)
			}
			if r.TimeToHealthySeconds != nil {
				healthy = append(healthy, *r.TimeToHealthySeconds)
			}
		}
		d.WriteGap, d.ReadGap, d.NewLeader, d.Healthy = summary(write), summary(read), summary(leader), summary(healthy)
		out = append(out, d)
	}
	return out
}

func summary(values []float64) report.Summary {
	s := report.Summary{Count: len(values)}
	if len(values) == 0 {
		return s
	}
	slices.Sort(values)
	s.Min, s.Max = values[0], values[len(values)-1]
	s.P50, s.P90 = verdict.Quantile(values, 0.5), verdict.Quantile(values, 0.9)
	return s
}
