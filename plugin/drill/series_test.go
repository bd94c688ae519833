package drill

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func names(faults []fault.Fault) []string {
	var list []string
	for _, f := range faults {
		list = append(list, f.Name)
	}
	return list
}

func TestOrder(t *testing.T) {
	p := Plan{Faults: []fault.Fault{{Name: "a"}, {Name: "b"}, {Name: "c"}}, Rounds: 7}
	if diff := cmp.Diff([]string{"a", "b", "c", "a", "b", "c", "a"}, names(p.order())); diff != "" {
		t.Errorf("in turn (-want +got):\n%s", diff)
	}
	p.Random, p.Seed, p.Rounds = true, 7, 60
	drawn := names(p.order())
	if diff := cmp.Diff(drawn, names(p.order())); diff != "" {
		t.Errorf("the same seed gave another order:\n%s", diff)
	}
	p.Seed = 8
	if cmp.Equal(drawn, names(p.order())) {
		t.Error("another seed gave the same order")
	}
	counts := map[string]int{}
	for _, name := range drawn {
		counts[name]++
	}
	if counts["a"] < 8 || counts["b"] < 8 || counts["c"] < 8 {
		t.Errorf("of 60 rounds: %v", counts)
	}
}

func TestFinished(t *testing.T) {
	s := report.DrillSeries{Verdict: report.Pass, Reasons: []string{}}
	for i := range 10 {
		r := report.DrillRound{
			Round: i + 1, Fault: "leader", Verdict: report.Pass, LongestWriteGapSeconds: float64(10-i) / 10,
			Writes: report.Writes{Acknowledged: 100, Ambiguous: 1}, TimeToNewLeaderSeconds: ptr.To(1.0),
		}
		if i == 9 {
			r.Fault, r.Verdict, r.Reasons, r.Writes.Lost, r.TimeToNewLeaderSeconds = "crash", report.Fail, []string{"x", "y"}, 2, nil
		}
		s.Rounds = append(s.Rounds, r)
	}
	got := finished(s, fmt.Errorf("interrupted"))
	if diff := cmp.Diff([]string{"drill 10, crash, failed: x; y", "the series ended early: interrupted"}, got.Reasons); diff != "" || got.Verdict != report.Fail {
		t.Errorf("%s, %s", got.Verdict, diff)
	}
	want := []report.DrillDistribution{
		{
			Fault: "leader", Rounds: 9, Passed: 9, Acknowledged: 900, Ambiguous: 9,
			WriteGap: report.Summary{Count: 9, Min: 0.2, P50: 0.6, P90: 1, Max: 1}, ReadGap: report.Summary{Count: 9},
			NewLeader: report.Summary{Count: 9, Min: 1, P50: 1, P90: 1, Max: 1},
		},
		{
			Fault: "crash", Rounds: 1, Acknowledged: 100, Ambiguous: 1, Lost: 2,
			WriteGap: report.Summary{Count: 1, Min: 0.1, P50: 0.1, P90: 0.1, Max: 0.1}, ReadGap: report.Summary{Count: 1},
		},
	}
	if diff := cmp.Diff(want, got.Faults); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := finished(report.DrillSeries{Verdict: report.Pass}, nil); got.Verdict != report.Pass {
		t.Errorf("%+v", got)
	}
}
