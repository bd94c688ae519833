package verdict

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestWatch: the watch runs from revision 5 to 9, in a drill that wrote a at 5, b at 7 and c at 9.
func TestWatch(t *testing.T) {
	event := func(key string, revision int64) history.Event {
		return history.Event{Key: key, Value: "1", Revision: revision, At: at(1.5)}
	}
	write := func(key string, revision int64) history.Operation { return wrote(history.Write, key, "1", revision) }
	for _, tc := range []struct {
		name   string
		change func(*history.Record)
		want   []string
	}{
		{"all of it", func(*history.Record) {}, nil},
		{"reopened", func(r *history.Record) { r.Watch.Again = 2 }, nil},
		{"lost", func(r *history.Record) { r.Watch.Lost = "compacted" }, []string{"the watch is incomplete: compacted"}},
		{"never open", func(r *history.Record) { r.Watch, r.Events = history.Watch{}, nil }, []string{"no watch was open", "the watch missed changes of 3 keys: a, b, c"}},

		{"without a write", func(r *history.Record) { r.Events = r.Events[1:] }, []string{"the watch missed changes of 1 keys: a"}},
		{"a write at another revision", func(r *history.Record) { r.Events[1].Revision = 6 }, []string{"the watch missed changes of 1 keys: b"}},
		{"without a change at its first revision that a read observed", func(r *history.Record) {
			r.Operations[0] = told(history.Read, "a", "1", 5)
			r.Events = r.Events[1:]
		}, []string{"the watch missed changes of 1 keys: a"}},
		{"without a change at its last revision that a swap expected", func(r *history.Record) {
			r.Operations[2] = wrote(history.CompareAndSwap, "c", "2", 10)
			r.Operations[2].From = 9
			r.Events[2] = history.Event{Key: "c", Value: "2", Revision: 10, At: at(1.5)}
		}, []string{"the watch missed changes of 1 keys: c"}},
		{"without one before its first revision", func(r *history.Record) { r.Operations = append(r.Operations, told(history.Read, "d", "1", 4)) }, nil},
		{"without one after its last revision", func(r *history.Record) { r.Operations = append(r.Operations, told(history.Read, "d", "1", 10)) }, nil},
		{"without what a swap claims that failed", func(r *history.Record) {
			o := of(history.Failed, wrote(history.CompareAndSwap, "d", "2", 0))
			o.From = 6
			r.Operations = append(r.Operations, o)
		}, nil},
		{"without a change that a member has", func(r *history.Record) {
			r.Operations = append(r.Operations, of(history.Ambiguous, write("d", 0)))
			r.Stores = map[string]history.Store{"etcd-0": {Keys: map[string]history.Value{"d": {Value: "1", Revision: 8}}}}
		}, []string{"the watch missed changes of 1 keys: d"}},
		{"without a change after its end that a member has", func(r *history.Record) {
			r.Stores = map[string]history.Store{"etcd-0": {Keys: map[string]history.Value{"d": {Value: "1", Revision: 10}, "a": {Value: "1", Revision: 5}}}}
		}, nil},

		{"an ambiguous write delivered", func(r *history.Record) { r.Operations[1] = of(history.Ambiguous, write("b", 0)) }, nil},
		{"a write delivered at two revisions", func(r *history.Record) {
			r.Operations[2] = of(history.Ambiguous, write("c", 0))
			r.Events = append(r.Events, event("c", 10))
		}, []string{"the watch delivered writes that were made once at two revisions, of 1 keys: c"}},
		{"a change delivered twice", func(r *history.Record) { r.Events = append(r.Events[:2:2], event("b", 7), event("c", 9)) }, []string{"the watch repeated changes of 1 keys: b"}},
		{"two changes swapped", func(r *history.Record) { r.Events[0], r.Events[1] = r.Events[1], r.Events[0] }, []string{"the watch delivered changes out of order, of 1 keys: a"}},
		{"a change that goes back behind the newest", func(r *history.Record) {
			r.Events = []history.Event{event("a", 5), event("c", 9), event("b", 7), event("d", 8)}
			r.Operations = append(r.Operations, write("d", 8))
		}, []string{"the watch delivered changes out of order, of 2 keys: b, d"}},
		{"deleted keys", func(r *history.Record) {
			r.Events = append(r.Events, history.Event{Key: "a", Revision: 10, Deleted: true}, history.Event{Key: "a", Revision: 11, Deleted: true})
		}, []string{"during the drill another client deleted 1 keys: a"}},
		{"a change that was not written", func(r *history.Record) { r.Events = append(r.Events, event("d", 10)) }, []string{"the watch delivered changes that no client made, or whose writes had failed, of 1 keys: d"}},
		{"a change at the time of its call", func(r *history.Record) { r.Events[1].At = at(1) }, nil},
		{"a change before its call", func(r *history.Record) { r.Events[1].At = at(0.5) }, []string{"the watch delivered changes that no client made, or whose writes had failed, of 1 keys: b"}},
		{"a change whose write had failed", func(r *history.Record) { r.Operations[1].Class = history.Failed }, []string{"the watch delivered changes that no client made, or whose writes had failed, of 1 keys: b"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := drillOf(write("a", 5), write("b", 7), write("c", 9))
			r.Events = []history.Event{event("a", 5), event("b", 7), event("c", 9)}
			r.Watch = history.Watch{From: 5, To: 9}
			tc.change(r)
			var d report.Drill
			if diff := cmp.Diff(tc.want, watch(r, &d)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(report.DrillWatch{Events: len(r.Events), Reopened: r.Watch.Again, Complete: len(tc.want) == 0}, d.Watch); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
