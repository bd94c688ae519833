package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// maxBlind is how far the probe may fall behind its schedule, and how long it may be disconnected from a healthy etcd.
// Beyond that its figures describe its own machine, or the connection through the API server.
const maxBlind = time.Second

// prober returns the probe's own figures.
func prober(r *history.Record) report.Prober {
	p := report.Prober{Rate: r.Rate, Clients: r.Clients, ServerFailures: len(r.Outages)}
	var late time.Duration
	for i := range r.Operations {
		late = max(late, r.Operations[i].Called-r.Operations[i].Due)
	}
	p.Latest, p.LatestSeconds = report.Millis(late), late.Seconds()
	if r.Span > 0 {
		p.Achieved = float64(len(r.Operations)) / r.Span.Seconds()
	}
	var cut time.Duration
	for _, i := range cutOff(r) {
		cut += i.Length()
		p.CutOffBecause = i.Why
	}
	p.CutOff, p.CutOffSeconds = report.Millis(cut), cut.Seconds()
	return p
}

// checkProbe requires acknowledged operations before the fault and after the recovery, and a probe that was neither
// late nor disconnected. Otherwise no figure is reliable.
func checkProbe(r *history.Record, p report.Prober) []string {
	var reasons []string
	for _, g := range []group{{"write", writes}, {"linearizable read", reads}} {
		before, after := 0, 0
		for i := range r.Operations {
			o := &r.Operations[i]
			switch {
			case o.Class != history.Acknowledged || !g.has(o.Kind):
			case o.Returned < r.FaultAt:
				before++
			case o.Called > r.Recovered() || r.Healthy == nil && o.Called > r.FaultAt:
				after++
			}
		}
		if before == 0 {
			reasons = append(reasons, fmt.Sprintf("no %s was acknowledged before the fault", g.name))
		}
		if after == 0 {
			reasons = append(reasons, fmt.Sprintf("no %s was acknowledged after the recovery", g.name))
		}
	}
	if p.LatestSeconds > maxBlind.Seconds() {
		reasons = append(reasons, fmt.Sprintf("the probe fell %s behind its rate: the gaps are not caused by etcd only", p.Latest))
	}
	if p.CutOffSeconds > maxBlind.Seconds() {
		reasons = append(reasons, fmt.Sprintf("the probe was disconnected for %s while etcd was healthy (%s): a gap in that time is not an outage of etcd, and what etcd did in it was not observed", p.CutOff, p.CutOffBecause))
	}
	return reasons
}

// cutOff returns when the probe could not reach a healthy etcd: no operation was answered while the API server did not
// answer either, or while the connections to all members that ran throughout were broken.
func cutOff(r *history.Record) []history.Interval {
	intervals := intersect(r.Outages, unansweredTimes(r))
	var cuts [][]history.Interval
	for _, m := range r.Before.Members {
		if ranThroughout(r, m.Name) {
			cuts = append(cuts, brokenTimes(r, m.Name))
		}
	}
	if len(cuts) > 1 {
		common := cuts[0]
		for _, other := range cuts[1:] {
			common = intersect(common, other)
		}
		intervals = append(intervals, common...)
	}
	return union(intervals)
}

// unansweredTimes returns the times longer than maxBlind in which no operation was answered. Serializable reads count,
// which need no quorum.
func unansweredTimes(r *history.Record) []history.Interval {
	return slices.DeleteFunc(gaps(r, anything, ""), func(gap history.Interval) bool { return gap.Length() <= maxBlind })
}

// ranThroughout reports whether a member's etcd ran throughout and was not a target.
func ranThroughout(r *history.Record, member string) bool {
	before, after := r.PodsBefore[member], r.PodsAfter[member]
	return !slices.Contains(r.Targets, member) && before.UID != "" && before.UID == after.UID && before.Container == after.Container
}

// brokenTimes returns when the connection to a member was broken: from an operation that failed for that to the next
// that was acknowledged.
func brokenTimes(r *history.Record, member string) []history.Interval {
	var own []*history.Operation
	for i := range r.Operations {
		if r.Operations[i].Member == member {
			own = append(own, &r.Operations[i])
		}
	}
	slices.SortFunc(own, func(a, b *history.Operation) int { return cmp.Compare(a.Returned, b.Returned) })
	var cuts []history.Interval
	open := false
	for _, o := range own {
		switch {
		case o.Cut && !open:
			open = true
			cuts = append(cuts, history.Interval{From: o.Returned, To: r.Span, Why: o.Error})
		case o.Class == history.Acknowledged && open:
			open = false
			cuts[len(cuts)-1].To = o.Returned
		}
	}
	return cuts
}

func intersect(a, b []history.Interval) []history.Interval {
	var both []history.Interval
	for _, x := range a {
		for _, y := range b {
			if x.Overlaps(y) {
				both = append(both, history.Interval{From: max(x.From, y.From), To: min(x.To, y.To), Why: x.Why})
			}
		}
	}
	return both
}

// union merges intervals that overlap or touch.
func union(all []history.Interval) []history.Interval {
	slices.SortFunc(all, func(a, b history.Interval) int { return cmp.Compare(a.From, b.From) })
	var joined []history.Interval
	for _, i := range all {
		if n := len(joined); n > 0 && joined[n-1].Overlaps(i) {
			joined[n-1].To = max(joined[n-1].To, i.To)
			continue
		}
		joined = append(joined, i)
	}
	return joined
}

// budgets compares the measurements with the budgets.
func budgets(r *history.Record, d *report.Drill, write, read time.Duration) []string {
	d.Budgets = []report.DrillBudget{}
	recovery, recovered := r.Recovery()
	var reasons []string
	for _, b := range []struct {
		name, text      string
		limit, measured time.Duration
		known           bool
	}{
		{"writeGap", "the longest write gap", r.Budgets.WriteGap, write, true},
		{"readGap", "the longest read gap", r.Budgets.ReadGap, read, true},
		{"recovery", "the recovery", r.Budgets.Recovery, recovery, recovered},
	} {
		if b.limit == 0 {
			continue
		}
		one := report.DrillBudget{
			Name: b.name, Limit: b.limit.String(), LimitSeconds: b.limit.Seconds(),
			Measured: report.Millis(b.measured), MeasuredSeconds: b.measured.Seconds(), Held: b.known && b.measured <= b.limit,
		}
		if !b.known {
			one.Measured, one.MeasuredSeconds = "", 0
		} else if !one.Held {
			reasons = append(reasons, fmt.Sprintf("%s was %s, more than the allowed %s", b.text, one.Measured, one.Limit))
		}
		d.Budgets = append(d.Budgets, one)
	}
	return reasons
}
