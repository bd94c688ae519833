package page

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

const (
	ran       = 10 * time.Second
	faultAt   = 2 * time.Second
	elected   = faultAt + 1040*time.Millisecond
	restarted = faultAt + 3100*time.Millisecond
	deadline  = 400 * time.Millisecond
)

// sample returns the record of a drill that kills the leader: 200 operations per second, three of five writing, to each
// member in turn. Every call returns the same.
func sample() *history.Record {
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // it is to be the same each time
	r := &history.Record{
		Head: report.NewHead("DrillHistory", "shop", "etcd"), Began: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC),
		Fault: "leader", Targets: []string{"etcd-1"}, Rate: 200, Clients: 8, Span: ran, FaultAt: faultAt, Healthy: ptr.To(faultAt + 5400*time.Millisecond),
		LeaderTerms: []history.LeaderTerm{{Leader: "etcd-1", Term: 4}, {Leader: "etcd-2", Term: 5, At: elected}},
		Outages:     []history.Interval{},
	}
	for i := range 3 {
		r.Before.Members = append(r.Before.Members, report.Member{Name: fmt.Sprintf("etcd-%d", i)})
	}
	kinds := []history.Kind{history.Write, history.CompareAndSwap, history.Read, history.Write, history.LocalRead}
	for i := range int(ran/time.Second) * r.Rate {
		o := history.Operation{
			Kind: kinds[i%len(kinds)], Client: i % r.Clients, Member: fmt.Sprintf("etcd-%d", rng.IntN(3)), Key: fmt.Sprintf("kubectl-etcd/drill/w/%04d", i),
			Due: time.Duration(i) * time.Second / time.Duration(r.Rate),
		}
		o.Called = o.Due + time.Duration(rng.IntN(400))*time.Microsecond
		took, class, err := outcome(rng, o)
		o.Returned, o.Class, o.Error, o.Cut = o.Called+took, class, err, class == history.Failed
		r.Operations = append(r.Operations, o)
	}
	return r
}

// outcome returns the latency and class of an operation: a log-normal latency, the deadline while there is no leader,
// and a refused connection while etcd does not run.
func outcome(rng *rand.Rand, o history.Operation) (time.Duration, history.Class, string) {
	median := 2.4
	if !o.Kind.Writes() {
		median = 1.1
	}
	if o.Kind == history.LocalRead {
		median = 0.5
	}
	took := time.Duration(median * math.Exp(0.45*rng.NormFloat64()) * float64(time.Millisecond))
	down := o.Called+took > faultAt && o.Called < restarted && o.Member == "etcd-1"
	waits := o.Kind != history.LocalRead && o.Called+took > faultAt && o.Called < elected
	switch {
	case down && o.Called < faultAt+20*time.Millisecond && o.Kind.Writes():
		return max(0, faultAt-o.Called) + time.Millisecond, history.Ambiguous, "rpc error: code = Unavailable desc = error reading from server: EOF"
	case down:
		return 300 * time.Microsecond, history.Failed, "dial tcp 10.1.2.3:2379: connect: connection refused"
	case waits && o.Called+deadline < elected && o.Kind.Writes():
		return deadline, history.Ambiguous, "context deadline exceeded"
	case waits && o.Called+deadline < elected:
		return deadline, history.Failed, "context deadline exceeded"
	case waits:
		return elected - o.Called + 30*time.Millisecond + 5*took, history.Acknowledged, ""
	}
	return took, history.Acknowledged, ""
}

// judged returns a report for a record, with the fields that the page shows.
func judged(r *history.Record) report.Drill {
	d := report.Drill{
		Head: report.NewHead("Drill", r.Namespace, r.Cluster), Fault: r.Fault, Targets: r.Targets, Struck: "the leader etcd-1 was killed",
		Began: r.Began.Format(time.RFC3339), Verdict: report.Pass, Reasons: []string{},
		LeaderBefore: "etcd-1", TermBefore: 4, LeaderAfter: "etcd-2", TermAfter: 5, Elections: 1, TimeToNewLeader: "1.04s", TimeToHealthy: "5.4s",
		Linearizable: true, Linearizability: "ok", HashMatch: true, HashRevision: 1093,
		Prober: report.Prober{Rate: r.Rate, Clients: r.Clients, Achieved: 200, Latest: "1ms", CutOff: "0s"},
		Timeline: []report.DrillEvent{
			report.NewDrillEvent(-faultAt, "the probe began"), report.NewDrillEvent(0, "kill the leader's etcd: etcd-1"),
			report.NewDrillEvent(40*time.Millisecond, "etcd-1 is down: connection refused"), report.NewDrillEvent(elected-faultAt, "etcd-2 leads, term 5"),
			report.NewDrillEvent(restarted-faultAt, "etcd of etcd-1 was restarted in its pod"), report.NewDrillEvent(5400*time.Millisecond, "every member is healthy"),
		},
	}
	count(r, &d)
	d.Watch = report.DrillWatch{Events: d.Writes.Acknowledged, Complete: true}
	for _, g := range gaps(r) {
		if g.Longest {
			d.LongestWriteGapSeconds = g.To - g.From
			d.LongestWriteGap = report.Millis(time.Duration(d.LongestWriteGapSeconds * float64(time.Second)))
			d.LongestReadGap = d.LongestWriteGap
		}
	}
	d.Budgets = []report.DrillBudget{{Name: "writeGap", Limit: "2s", Held: true}, {Name: "recovery", Limit: "3m0s", Held: true}}
	for _, m := range r.Before.Members {
		d.Members = append(d.Members, report.DrillMember{
			Name: m.Name, Target: m.Name == "etcd-1", Healthy: true, Marker: true, Restarts: int32(len(m.Name) % 2), WritesFound: d.Operations[0].Acknowledged,
			Hash: "74dbbcfc", LongestWriteGap: "1.09s",
		})
	}
	return d
}

func count(r *history.Record, d *report.Drill) {
	phases := []string{"before", "during", "after"}
	took := map[string][]time.Duration{}
	for _, k := range history.Kinds() {
		c := report.DrillOperations{Kind: string(k)}
		for i := range r.Operations {
			o := &r.Operations[i]
			if o.Kind != k {
				continue
			}
			c.Attempted++
			switch o.Class {
			case history.Acknowledged:
				c.Acknowledged++
				phase := phases[0]
				if o.Called > *r.Healthy {
					phase = phases[2]
				} else if o.Called > faultAt {
					phase = phases[1]
				}
				took[phase+string(k)] = append(took[phase+string(k)], o.Returned-o.Called)
			case history.Ambiguous:
				c.Ambiguous++
			case history.Failed:
				c.Failed++
			}
		}
		d.Operations = append(d.Operations, c)
		if k.Writes() {
			d.Writes.Attempted, d.Writes.Acknowledged = d.Writes.Attempted+c.Attempted, d.Writes.Acknowledged+c.Acknowledged
		}
		for _, phase := range phases {
			all := took[phase+string(k)]
			slices.Sort(all)
			at := func(q float64) string { return report.Millis(all[min(len(all)-1, int(q*float64(len(all))))]) }
			if k != history.CompareAndSwap {
				d.Latencies = append(d.Latencies, report.DrillLatency{Phase: phase, Kind: string(k) + "s", Count: len(all), P50: at(0.5), P99: at(0.99), Max: at(1)})
			}
		}
	}
}

// broken is the sample with lost writes, an API server outage and a second election.
func broken() (report.Drill, *history.Record) {
	r := sample()
	r.Outages = []history.Interval{{From: faultAt + 3600*time.Millisecond, To: faultAt + 4700*time.Millisecond, Why: "dial tcp 10.0.0.1:6443: connect: connection refused"}}
	r.LeaderTerms = append(r.LeaderTerms, history.LeaderTerm{Leader: "etcd-0", Term: 6, At: elected + 250*time.Millisecond})
	r.Healthy = nil
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Called > r.Outages[0].From && o.Called < r.Outages[0].To {
			o.Returned, o.Class, o.Cut, o.Error = o.Called+deadline, history.Failed, true, "the connection to the API server broke"
			if o.Kind.Writes() {
				o.Class = history.Ambiguous
			}
		}
	}
	whole := sample()
	d := judged(whole)
	d.Verdict, d.Writes.Lost, d.HashMatch, d.TimeToHealthy = report.Fail, 17, false, ""
	d.Prober.CutOff, d.Prober.CutOffSeconds, d.Prober.CutOffBecause, d.Prober.ServerFailures = "1.1s", 1.1, r.Outages[0].Why, 1
	for i := range d.Writes.Lost {
		d.Writes.LostKeys = append(d.Writes.LostKeys, fmt.Sprintf("kubectl-etcd/drill/w/%04d", 411+i))
	}
	d.Reasons = []string{
		"17 acknowledged writes are lost: kubectl-etcd/drill/w/0411, kubectl-etcd/drill/w/0412, kubectl-etcd/drill/w/0413 and 14 more",
		"the stores differ at revision 1093: 74dbbcfc on etcd-0 and etcd-2, 00c0ffee on etcd-1", "it was not observed within the limit that all members were healthy again",
	}
	d.Members[1].WritesLost, d.Members[1].Hash, d.Members[1].WritesFound = 17, "00c0ffee", d.Members[1].WritesFound-17
	d.Members[0].Healthy, d.Members[0].Error = false, "no answer within 3s"
	d.Budgets = []report.DrillBudget{{Name: "writeGap", Limit: "1s"}}
	return d, r
}

// rounds returns a series of forty drills over three faults. One of them failed.
func rounds() report.DrillSeries {
	rng := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // it is to be the same each time
	s := report.DrillSeries{Head: report.NewHead("DrillSeries", "shop", "etcd"), Verdict: report.Fail, Reasons: []string{}, Seed: 42, Planned: 40}
	medians := map[string]float64{"leader": 1.1, "follower": 0.02, "delete": 0.03}
	for i := range s.Planned {
		fault := []string{"leader", "follower", "delete"}[rng.IntN(3)]
		gap := medians[fault] * math.Exp(0.2*rng.NormFloat64())
		r := report.DrillRound{
			Round: i + 1, Fault: fault, Targets: []string{fmt.Sprintf("etcd-%d", rng.IntN(3))}, Verdict: report.Pass, Reasons: []string{},
			Writes: report.Writes{Acknowledged: 1200 + rng.IntN(60), Ambiguous: rng.IntN(40)}, Linearizable: true,
			LongestWriteGapSeconds: gap, LongestReadGapSeconds: gap * 0.9, TimeToHealthySeconds: ptr.To(5 + rng.Float64()),
		}
		if i == 27 {
			r.Verdict, r.Reasons = report.Fail, []string{"the longest write gap was 4.1s, more than the allowed 2s"}
			r.LongestWriteGapSeconds = 4.1
		}
		s.Rounds = append(s.Rounds, r)
	}
	for fault := range medians {
		f := report.DrillDistribution{Fault: fault}
		var all []float64
		for _, r := range s.Rounds {
			if r.Fault == fault {
				f.Rounds, f.Acknowledged = f.Rounds+1, f.Acknowledged+r.Writes.Acknowledged
				all = append(all, r.LongestWriteGapSeconds)
				if r.Verdict == report.Pass {
					f.Passed++
				}
			}
		}
		slices.Sort(all)
		f.WriteGap = report.Summary{Count: len(all), Min: all[0], P50: all[len(all)/2], P90: all[len(all)*9/10], Max: all[len(all)-1]}
		f.ReadGap, f.Healthy = f.WriteGap, report.Summary{Count: len(all), Min: 5, P50: 5.5, P90: 5.9, Max: 6}
		s.Faults = append(s.Faults, f)
	}
	slices.SortFunc(s.Faults, func(a, b report.DrillDistribution) int { return b.Rounds - a.Rounds })
	return s
}
