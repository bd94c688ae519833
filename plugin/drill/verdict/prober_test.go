package verdict

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history/historytest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestCutOff: if all connections break at once while etcd is healthy, that is no outage of etcd's.
func TestCutOff(t *testing.T) {
	silence := func(r *history.Record, cut func(history.Operation) bool) {
		r.Targets, r.Expect, r.Fault = []string{}, history.Expectation{}, "observe"
		r.PodsAfter, r.After = r.PodsBefore, r.Before
		r.LeaderTerms = r.LeaderTerms[:1]
		for i := range r.Operations {
			o := &r.Operations[i]
			if o.Called < 6*time.Second || o.Called > 8*time.Second || !cut(*o) {
				continue
			}
			for _, s := range r.Stores { // it was never applied
				if s.Keys[o.Key].Value == o.Value {
					delete(s.Keys, o.Key)
				}
			}
			r.Events = slices.DeleteFunc(r.Events, func(e history.Event) bool { return e.Key == o.Key && e.Value == o.Value })
			o.Class, o.Swapped, o.Seen, o.Revision, o.Error, o.Cut = history.Failed, false, "", 0, "no connection", true
		}
	}
	whole := historytest.Simulate(3, 2000)
	silence(whole, func(history.Operation) bool { return true })
	d := Judge(whole)
	if d.Prober.CutOffSeconds < 1.9 || d.Prober.CutOffSeconds > 2.1 || d.Prober.CutOffBecause != "no connection" {
		t.Errorf("%+v", d.Prober)
	}
	if !strings.Contains(strings.Join(d.Reasons, "\n"), "the probe was disconnected for") {
		t.Errorf("%q", d.Reasons)
	}
	// One unreachable member is not all of them.
	one := historytest.Simulate(3, 2000)
	silence(one, func(o history.Operation) bool { return o.Member == "etcd-0" })
	if d := Judge(one); d.Prober.CutOffSeconds != 0 {
		t.Errorf("%+v", d.Prober)
	}
	// An API server outage during which the probe continues does not cut it off.
	well := historytest.Simulate(3, 2000)
	well.Outages = []history.Interval{{From: 6 * time.Second, To: 8 * time.Second}}
	if d := Judge(well); d.Prober.CutOffSeconds != 0 || d.Prober.ServerFailures != 1 || d.Verdict != report.Pass {
		t.Errorf("%+v %q", d.Prober, d.Reasons)
	}
}

// TestProber: the probe's own figures.
func TestProber(t *testing.T) {
	late := one(history.Write, 2, 3)
	late.Due = at(1.25)
	r := drillOf(one(history.Write, 1, 3), late, of(history.Failed, one(history.Read, 4, 5)))
	r.Outages = []history.Interval{{From: at(1), To: at(2)}}
	want := report.Prober{Rate: 100, Clients: 3, Achieved: 0.3, Latest: "750ms", LatestSeconds: 0.75, CutOff: "1s", CutOffSeconds: 1, ServerFailures: 1}
	if diff := cmp.Diff(want, Judge(r).Prober); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	r.Span, r.Operations, r.Outages = 0, nil, nil
	want = report.Prober{Rate: 100, Clients: 3, Latest: "0s", CutOff: "0s"}
	if diff := cmp.Diff(want, Judge(r).Prober); diff != "" {
		t.Errorf("a probe that did not run, -want +got:\n%s", diff)
	}
}

// TestProbing: the probe must have had acknowledgements before the fault and after the recovery, and have been neither
// late nor cut off.
func TestProbing(t *testing.T) {
	const (
		noWriteBefore = "no write was acknowledged before the fault"
		noWriteAfter  = "no write was acknowledged after the recovery"
		noReadBefore  = "no linearizable read was acknowledged before the fault"
		noReadAfter   = "no linearizable read was acknowledged after the recovery"
	)
	before := []history.Operation{one(history.Write, 3, 3.9), one(history.Read, 3, 3.9)}
	after := []history.Operation{one(history.Write, 6.1, 6.2), one(history.Read, 6.1, 6.2)}
	late := func(by float64) history.Operation {
		o := one(history.LocalRead, 5, 5)
		o.Due = at(5 - by)
		return o
	}
	for _, tc := range []struct {
		name       string
		operations []history.Operation
		change     func(*history.Record)
		want       []string
	}{
		{"answers before and after", slices.Concat(before, after), nil, nil},
		{"none", nil, nil, []string{noWriteBefore, noWriteAfter, noReadBefore, noReadAfter}},
		{"only before", before, nil, []string{noWriteAfter, noReadAfter}},
		{"only after", after, nil, []string{noWriteBefore, noReadBefore}},
		{"only during the fault", []history.Operation{one(history.Write, 3, 4), one(history.Write, 6, 6.1), one(history.Read, 5, 5.5)}, nil, []string{noWriteBefore, noWriteAfter, noReadBefore, noReadAfter}},
		{"only failures", []history.Operation{
			of(history.Failed, one(history.Write, 1, 2)), of(history.Failed, one(history.Read, 7, 8)), of(history.Ambiguous, one(history.Write, 7, 8)),
		}, nil, []string{noWriteBefore, noWriteAfter, noReadBefore, noReadAfter}},
		{"only serializable reads", []history.Operation{one(history.LocalRead, 1, 2), one(history.LocalRead, 7, 8)}, nil, []string{noWriteBefore, noWriteAfter, noReadBefore, noReadAfter}},
		{
			"no recovery, but answers after the fault", slices.Concat(before, []history.Operation{one(history.Write, 4.1, 5), one(history.Read, 4.1, 5)}),
			func(r *history.Record) { r.Healthy = nil }, nil,
		},
		{
			"no recovery, and no answer to an operation called after the fault", slices.Concat(before, []history.Operation{one(history.Write, 4, 5), one(history.Read, 4, 5)}),
			func(r *history.Record) { r.Healthy = nil },
			[]string{noWriteAfter, noReadAfter},
		},
		{"a second late", slices.Concat(before, after, []history.Operation{late(1)}), nil, nil},
		{"later than a second", slices.Concat(before, after, []history.Operation{late(1.01)}), nil, []string{"the probe fell 1.01s behind its rate: the gaps are not caused by etcd only"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := drillOf(tc.operations...)
			if tc.change != nil {
				tc.change(r)
			}
			if diff := cmp.Diff(tc.want, checkProbe(r, prober(r))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// broken returns an operation whose connection failed.
func broken(member string, returned float64) history.Operation {
	o := of(history.Failed, to(member, one(history.Write, returned, returned)))
	o.Cut, o.Error = true, "broken pipe"
	return o
}

// TestCutOffTimes: the probe is cut off while no connection to members that ran throughout works, or while no operation
// is answered and the API server does not answer either.
func TestCutOffTimes(t *testing.T) {
	answered := func(member string, seconds float64) history.Operation {
		return to(member, one(history.LocalRead, seconds, seconds))
	}
	// All three break at different times, and come back at different times.
	all := []history.Operation{
		broken("etcd-0", 2), broken("etcd-2", 2.5), broken("etcd-1", 3),
		broken("etcd-0", 3), of(history.Failed, to("etcd-0", one(history.Write, 3, 3.5))), // stays broken
		answered("etcd-2", 5), answered("etcd-0", 6), answered("etcd-1", 7),
	}
	server := history.Interval{From: at(2), To: at(8), Why: "no answer of the API server"}
	for _, tc := range []struct {
		name       string
		operations []history.Operation
		change     func(*history.Record)
		want       []history.Interval
	}{
		{"nothing broken", []history.Operation{answered("etcd-0", 1), answered("etcd-2", 1)}, nil, nil},
		{"both members that ran throughout", all, nil, []history.Interval{{From: at(2.5), To: at(5), Why: "broken pipe"}}},
		{"all three, none of which was hit", all, func(r *history.Record) {
			r.Targets, r.PodsAfter = nil, r.PodsBefore
		}, []history.Interval{{From: at(3), To: at(5), Why: "broken pipe"}}},
		{"until the end", []history.Operation{broken("etcd-0", 9), broken("etcd-2", 8)}, nil, []history.Interval{{From: at(9), To: at(10), Why: "broken pipe"}}},
		{"twice, in any order", []history.Operation{
			broken("etcd-0", 7), broken("etcd-2", 7), answered("etcd-0", 8), answered("etcd-2", 8),
			broken("etcd-0", 1), broken("etcd-2", 1), answered("etcd-0", 2), answered("etcd-2", 3),
		}, nil, []history.Interval{{From: at(1), To: at(2), Why: "broken pipe"}, {From: at(7), To: at(8), Why: "broken pipe"}}},
		{"one after the other", []history.Operation{
			broken("etcd-0", 1), answered("etcd-0", 2), broken("etcd-2", 3), answered("etcd-2", 4),
		}, nil, nil},
		{"one of them was a target too", all, func(r *history.Record) { r.Targets = append(r.Targets, "etcd-2") }, nil},
		{"one of them has another pod", all, func(r *history.Record) { r.PodsAfter["etcd-2"] = history.Pod{UID: "d", Container: "z"} }, nil},
		{"etcd of one was restarted in its pod", all, func(r *history.Record) { r.PodsAfter["etcd-2"] = history.Pod{UID: "c", Container: "w"} }, nil},
		{"the pod of one was not observed", all, func(r *history.Record) { delete(r.PodsBefore, "etcd-2"); delete(r.PodsAfter, "etcd-2") }, nil},
		{
			"an API server outage, and nothing answered",
			[]history.Operation{answered("etcd-0", 1), answered("etcd-0", 4), answered("etcd-0", 5)},
			func(r *history.Record) { r.Outages = []history.Interval{server} },
			[]history.Interval{{From: at(2), To: at(4), Why: server.Why}, {From: at(5), To: at(8), Why: server.Why}},
		},
		{"an API server outage, and answers each second", []history.Operation{
			answered("etcd-0", 1), answered("etcd-0", 2), answered("etcd-0", 3), answered("etcd-0", 4), answered("etcd-0", 5), answered("etcd-0", 6), answered("etcd-0", 7), answered("etcd-0", 8), answered("etcd-0", 9),
		}, func(r *history.Record) { r.Outages = []history.Interval{server} }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := drillOf(tc.operations...)
			if tc.change != nil {
				tc.change(r)
			}
			if diff := cmp.Diff(tc.want, cutOff(r)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestCutOffLimit: one second without a connection to etcd is tolerated, and no more.
func TestCutOffLimit(t *testing.T) {
	for until, want := range map[float64]string{
		3:    "",
		3.25: "the probe was disconnected for 1.25s while etcd was healthy (broken pipe): a gap in that time is not an outage of etcd, and what etcd did in it was not observed",
	} {
		d := Judge(drillOf(broken("etcd-0", 2), broken("etcd-2", 2), to("etcd-0", one(history.Read, 2, until)), to("etcd-2", one(history.Read, 2, until))))
		reason := ""
		for _, one := range d.Reasons {
			if strings.Contains(one, "disconnected") {
				reason = one
			}
		}
		if diff := cmp.Diff(want, reason); diff != "" {
			t.Errorf("until %v: -want +got:\n%s", until, diff)
		}
		if want := until - 2; d.Prober.CutOffSeconds != want {
			t.Errorf("cut off for %v s, want %v", d.Prober.CutOffSeconds, want)
		}
	}
}

// TestCutOffTwice: the times of all interruptions are summed, and the last reason is reported.
func TestCutOffTwice(t *testing.T) {
	answered := func(seconds float64) history.Operation { return one(history.LocalRead, seconds, seconds) }
	r := drillOf(answered(1), answered(3), answered(4), answered(6.5), answered(7.5), answered(8.5), answered(9.5))
	r.Outages = []history.Interval{{From: at(1), To: at(3), Why: "timeout"}, {From: at(4), To: at(6.5), Why: "refused"}}
	if got := Judge(r).Prober; got.CutOffSeconds != 4.5 || got.CutOffBecause != "refused" {
		t.Errorf("cut off for %v s: %s", got.CutOffSeconds, got.CutOffBecause)
	}
}

// TestUnion: intervals that overlap or touch are merged.
func TestUnion(t *testing.T) {
	span := func(from, to float64) history.Interval { return history.Interval{From: at(from), To: at(to)} }
	for _, tc := range []struct {
		name      string
		all, want []history.Interval
	}{
		{"none", nil, nil},
		{"apart, out of order", []history.Interval{span(4, 5), span(1, 2)}, []history.Interval{span(1, 2), span(4, 5)}},
		{"overlapping", []history.Interval{span(1, 3), span(2, 4)}, []history.Interval{span(1, 4)}},
		{"one within the other", []history.Interval{span(1, 6), span(2, 3), span(5, 7)}, []history.Interval{span(1, 7)}},
		{"touching", []history.Interval{span(1, 2), span(2, 3), span(4, 5)}, []history.Interval{span(1, 3), span(4, 5)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, union(tc.all)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestBudgets: a budget is met if the measurement is not above it. A missing measurement does not meet it; another
// check gives the reason.
func TestBudgets(t *testing.T) {
	held := report.DrillBudget{Name: "writeGap", Limit: "3s", LimitSeconds: 3, Measured: "3s", MeasuredSeconds: 3, Held: true}
	missed := report.DrillBudget{Name: "readGap", Limit: "1s", LimitSeconds: 1, Measured: "1.5s", MeasuredSeconds: 1.5}
	reason := "the longest read gap was 1.5s, more than the allowed 1s"
	for _, tc := range []struct {
		name    string
		limits  history.Budgets
		healthy time.Duration
		want    []report.DrillBudget
		reasons []string
	}{
		{"no bounds", history.Budgets{}, at(6), []report.DrillBudget{}, nil},
		{"the gaps", history.Budgets{WriteGap: at(3), ReadGap: at(1)}, at(6), []report.DrillBudget{held, missed}, []string{reason}},
		{"the recovery", history.Budgets{Recovery: at(2)}, at(6), []report.DrillBudget{
			{Name: "recovery", Limit: "2s", LimitSeconds: 2, Measured: "2s", MeasuredSeconds: 2, Held: true},
		}, nil},
		{"no recovery", history.Budgets{Recovery: at(2)}, 0, []report.DrillBudget{{Name: "recovery", Limit: "2s", LimitSeconds: 2}}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := drillOf()
			r.Budgets = tc.limits
			if r.Healthy = nil; tc.healthy > 0 {
				r.Healthy = &tc.healthy
			}
			var d report.Drill
			reasons := budgets(r, &d, at(3), at(1.5))
			if diff := cmp.Diff(tc.want, d.Budgets); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(tc.reasons, reasons); diff != "" {
				t.Errorf("reasons, -want +got:\n%s", diff)
			}
		})
	}
}
