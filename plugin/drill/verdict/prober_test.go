package verdict

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history/historytest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestCutOff has all connections break at once while etcd is well: that is no outage of etcd's.
func TestCutOff(t *testing.T) {
	silence := func(r *history.Record, cut func(history.Operation) bool) {
		r.Targets, r.Expect, r.Fault = []string{}, history.Expectation{}, "observe"
		r.PodsAfter, r.After = r.PodsBefore, r.Before
		r.Reigns = r.Reigns[:1]
		for i := range r.Operations {
			o := &r.Operations[i]
			if o.Called < 6*time.Second || o.Called > 8*time.Second || !cut(*o) {
				continue
			}
			for _, s := range r.Stores { // it never came there
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
	if !strings.Contains(strings.Join(d.Reasons, "\n"), "the probe was cut off for") {
		t.Errorf("%q", d.Reasons)
	}
	// One member that is out of reach is not all of them.
	one := historytest.Simulate(3, 2000)
	silence(one, func(o history.Operation) bool { return o.Member == "etcd-0" })
	if d := Judge(one); d.Prober.CutOffSeconds != 0 {
		t.Errorf("%+v", d.Prober)
	}
	// An API server that does not answer while the probe goes on has cut nobody off.
	well := historytest.Simulate(3, 2000)
	well.Outages = []history.Interval{{From: 6 * time.Second, To: 8 * time.Second}}
	if d := Judge(well); d.Prober.CutOffSeconds != 0 || d.Prober.ServerFailures != 1 || d.Verdict != report.Pass {
		t.Errorf("%+v %q", d.Prober, d.Reasons)
	}
}
