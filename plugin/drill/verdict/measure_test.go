package verdict

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history/historytest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestNewLeaderCountsFromTheEndOfTheOld: the old leader stops leading long after the time of the fault.
func TestNewLeaderCountsFromTheEndOfTheOld(t *testing.T) {
	r := historytest.Simulate(1, 2000)
	at := r.LeaderTerms[1].At
	for led, want := range map[time.Duration]string{
		0:                         "300ms", // a record from before this was recorded
		r.FaultAt - time.Second:   "300ms",
		at - 120*time.Millisecond: "120ms",
		at + 10*time.Millisecond:  "0s",
	} {
		r.LeaderTerms[0].Led = led
		if got := Judge(r).TimeToNewLeader; got != want {
			t.Errorf("led at %s: a new leader after %s, want %s", led, got, want)
		}
	}
}

func TestLongestGap(t *testing.T) {
	second := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	for _, tc := range []struct {
		name string
		acks []float64
		want time.Duration
	}{
		{"none at all", nil, second(10)},
		{"before the first", []float64{4, 5, 6, 7, 8, 9}, second(4)},
		{"in between, out of order", []float64{9, 1, 2, 7, 8}, second(5)},
		{"after the last", []float64{1, 2, 3}, second(7)},
		{"acknowledged after the end", []float64{2, 4, 6, 8, 10.3}, second(2.3)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &history.Record{Span: second(10), Operations: []history.Operation{{Kind: history.Write, Class: history.Failed, Returned: second(5)}}}
			for _, at := range tc.acks {
				r.Operations = append(r.Operations, history.Operation{Kind: history.Write, Returned: second(at)})
			}
			if got := longestGap(r, writes, "").Length(); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestQuantile(t *testing.T) {
	values := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for q, want := range map[float64]int{0: 1, 0.1: 1, 0.5: 5, 0.9: 9, 0.99: 10, 1: 10} {
		if got := Quantile(values, q); got != want {
			t.Errorf("quantile %v: %d, want %d", q, got, want)
		}
	}
}

// TestCount: the number of operations is different for each class of each kind.
func TestCount(t *testing.T) {
	times := func(n int, o history.Operation) []history.Operation { return slices.Repeat([]history.Operation{o}, n) }
	notDone := one(history.CompareAndSwap, 1, 2)
	notDone.Swapped = false
	d := Judge(drillOf(slices.Concat(
		times(6, one(history.Write, 1, 2)), times(2, of(history.Ambiguous, one(history.Write, 1, 2))), times(1, of(history.Failed, one(history.Write, 1, 2))),
		times(5, one(history.CompareAndSwap, 1, 2)), times(4, notDone), times(3, of(history.Ambiguous, one(history.CompareAndSwap, 1, 2))), times(2, of(history.Failed, one(history.CompareAndSwap, 1, 2))),
		times(7, one(history.Read, 1, 2)), times(3, of(history.Failed, one(history.Read, 1, 2))),
		times(8, one(history.LocalRead, 1, 2)), times(1, of(history.Failed, one(history.LocalRead, 1, 2))),
	)...))
	if diff := cmp.Diff([]report.DrillOperations{
		{Kind: "write", Attempted: 9, Acknowledged: 6, Ambiguous: 2, Failed: 1},
		{Kind: "cas", Attempted: 14, Acknowledged: 5, NotDone: 4, Ambiguous: 3, Failed: 2},
		{Kind: "read", Attempted: 10, Acknowledged: 7, Failed: 3},
		{Kind: "serializable", Attempted: 9, Acknowledged: 8, Failed: 1},
	}, d.Operations); diff != "" {
		t.Errorf("by kind, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(report.Writes{Attempted: 23, Acknowledged: 11, NotDone: 4, Ambiguous: 5, Failed: 3}, d.Writes); diff != "" {
		t.Errorf("writes, -want +got:\n%s", diff)
	}
	if diff := cmp.Diff(report.Reads{Attempted: 19, Acknowledged: 15, Failed: 4}, d.Reads); diff != "" {
		t.Errorf("reads, -want +got:\n%s", diff)
	}
}

// TestMeasured: the times in a report, each from different operations.
func TestMeasured(t *testing.T) {
	const other = "etcd-1"
	r := drillOf(
		one(history.Write, 1, 1.5), to(other, one(history.CompareAndSwap, 3.5, 4)), one(history.CompareAndSwap, 7, 7.25), one(history.Write, 8, 9), // gaps of 1.5, 2.5, 3.25, 1.75 and 1 s
		one(history.Read, 0, 2.5), one(history.Read, 4, 7), one(history.Read, 9, 9.5), // 2.5, 4.5, 2.5 and 0.5 s
		one(history.LocalRead, 5, 5.5), of(history.Failed, one(history.Write, 5, 5.5)), of(history.Failed, one(history.Read, 5, 5.5)), // end no gap
	)
	for _, tc := range []struct {
		name                 string
		change               func()
		write, read          string
		newLeader, toHealthy string
		elections            int
		ofEachMember         []string
	}{
		{"a fault at an instant", func() {}, "3.25s", "4.5s", "500ms", "2s", 1, []string{"5.75s", "6s", "10s"}},
		{"a fault that lasts", func() { r.FaultEnd = at(5) }, "3.25s", "4.5s", "500ms", "1s", 1, []string{"5.75s", "6s", "10s"}},
		{"a cluster that was healthy before the fault ended", func() { r.FaultEnd = at(7) }, "3.25s", "4.5s", "500ms", "0s", 1, []string{"5.75s", "6s", "10s"}},
		{"no recovery", func() { r.Healthy = nil }, "3.25s", "4.5s", "500ms", "", 1, []string{"5.75s", "6s", "10s"}},
		{
			"a second election", func() {
				r.LeaderTerms = append(r.LeaderTerms, history.LeaderTerm{Leader: "etcd-0", Term: 5, At: at(5)}, history.LeaderTerm{Leader: "etcd-0", Term: 5, At: at(6)})
			}, "3.25s", "4.5s", "500ms", "", 2, []string{"5.75s", "6s", "10s"},
		},
		{"no election", func() { r.LeaderTerms = r.LeaderTerms[:1] }, "3.25s", "4.5s", "", "", 0, []string{"5.75s", "6s", "10s"}},
	} {
		tc.change()
		d := Judge(r)
		type figures struct {
			Write, Read, NewLeader, ToHealthy string
			Elections                         int
			Members                           []string
		}
		var members []string
		for _, m := range d.Members {
			members = append(members, m.LongestWriteGap)
		}
		if diff := cmp.Diff(
			figures{tc.write, tc.read, tc.newLeader, tc.toHealthy, tc.elections, tc.ofEachMember},
			figures{d.LongestWriteGap, d.LongestReadGap, d.TimeToNewLeader, d.TimeToHealthy, d.Elections, members},
		); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tc.name, diff)
		}
	}
}

// TestLeaderGone: the time to the new leader counts from the end of the last one before the fault, not of a later one.
func TestLeaderGone(t *testing.T) {
	for _, tc := range []struct {
		name        string
		leaderTerms []history.LeaderTerm
		want        time.Duration
	}{
		{"one that led beyond the fault", []history.LeaderTerm{{Term: 2, Led: at(4.25)}, {Term: 3, At: at(5), Led: at(9)}}, at(4.25)},
		{"one that the other followed in an earlier term", []history.LeaderTerm{{Term: 1, Led: at(1)}, {Term: 2, At: at(1.5), Led: at(4.25)}, {Term: 3, At: at(5), Led: at(9)}}, at(4.25)},
		{"one that was gone at the fault", []history.LeaderTerm{{Term: 2, Led: at(3)}, {Term: 3, At: at(5)}}, at(4)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := drillOf()
			r.LeaderTerms = tc.leaderTerms
			if got, want := Judge(r).TimeToNewLeader, report.Millis(at(5)-tc.want); got != want {
				t.Errorf("a new leader after %s, want %s", got, want)
			}
		})
	}
}

// TestLongestGapIsTheFirst: of several gaps of the same length, the first is returned.
func TestLongestGapIsTheFirst(t *testing.T) {
	got := longestGap(drillOf(one(history.Write, 1, 3), one(history.Write, 5, 6), one(history.Write, 8, 9)), writes, "")
	if diff := cmp.Diff(history.Interval{From: 0, To: at(3)}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestLatencies: an operation belongs to the phase in which it was called. One at the time of the fault is in the phase
// during, one at the time of the recovery in the phase after.
func TestLatencies(t *testing.T) {
	d := Judge(drillOf(
		one(history.Write, 0, 0.1), one(history.Write, 3.9, 4.2), one(history.CompareAndSwap, 2, 2.2),
		one(history.Write, 4, 4.4), one(history.CompareAndSwap, 5.9, 6.4),
		one(history.Write, 6, 6.6), of(history.Failed, one(history.Write, 7, 9)), of(history.Ambiguous, one(history.Write, 7, 9)),
		one(history.Read, 5, 5.7), one(history.LocalRead, 9.5, 10.3),
	))
	row := func(phase, kind string, count int, p50, longest float64) report.DrillLatency {
		l := report.DrillLatency{Phase: phase, Kind: kind, Count: count}
		if count > 0 {
			l.P50, l.P50Seconds, l.P99, l.P99Seconds = report.Millis(at(p50)), p50, report.Millis(at(longest)), longest
			l.Max, l.MaxSeconds = l.P99, longest
		}
		return l
	}
	if diff := cmp.Diff([]report.DrillLatency{
		row("before", "writes", 3, 0.2, 0.3), row("during", "writes", 2, 0.4, 0.5), row("after", "writes", 1, 0.6, 0.6),
		row("before", "reads", 0, 0, 0), row("during", "reads", 1, 0.7, 0.7), row("after", "reads", 0, 0, 0),
		row("before", "serializable", 0, 0, 0), row("during", "serializable", 0, 0, 0), row("after", "serializable", 1, 0.8, 0.8),
	}, d.Latencies); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
