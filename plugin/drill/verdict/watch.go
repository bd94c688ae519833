package verdict

import (
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// watch requires every change to be delivered once, in order, and up to the end.
func watch(r *history.Record, d *report.Drill) []string {
	d.Watch = report.DrillWatch{Events: len(r.Events), Reopened: r.Watch.Again}
	var reasons []string
	if r.Watch.Lost != "" {
		reasons = append(reasons, "the watch is incomplete: "+r.Watch.Lost)
	}
	if r.Watch.From == 0 {
		reasons = append(reasons, "no watch was open")
	}
	reasons = append(reasons, order(r.Events)...)
	missed, twice, invented := compare(r)
	for _, wrong := range []struct {
		what string
		keys map[string]bool
	}{
		{"the watch missed changes of", missed},
		{"the watch delivered writes that were made once at two revisions, of", twice},
		{"the watch delivered changes that no client made, or whose writes had failed, of", invented},
	} {
		if len(wrong.keys) > 0 {
			reasons = append(reasons, fmt.Sprintf("%s %d keys: %s", wrong.what, len(wrong.keys), named(wrong.keys)))
		}
	}
	d.Watch.Complete = len(reasons) == 0
	return reasons
}

// compare returns the keys of changes that the watch missed, of those that it delivered at two revisions, and of those
// that cannot have happened.
func compare(r *history.Record) (missed, twice, invented map[string]bool) {
	missed, twice, invented = map[string]bool{}, map[string]bool{}, map[string]bool{}
	told, revisions := map[change]int64{}, map[int64]bool{}
	for _, e := range r.Events {
		if before, again := told[change{e.Key, e.Value}]; again && !e.Deleted && before != e.Revision {
			twice[e.Key] = true
		}
		told[change{e.Key, e.Value}] = e.Revision
		revisions[e.Revision] = true
	}
	inWatch := func(revision int64) bool { return revision >= r.Watch.From && revision <= r.Watch.To }
	asked := map[change]time.Duration{} // when the write of a change was called
	for i := range r.Operations {
		o := &r.Operations[i]
		if o.MayHaveWritten() {
			asked[change{o.Key, o.Value}] = o.Called
		}
		// A revision that a client observed must be delivered too, whoever wrote it.
		missedRevision := inWatch(o.From) && !revisions[o.From] || inWatch(o.Revision) && !revisions[o.Revision]
		if o.Wrote() && told[change{o.Key, o.Value}] != o.Revision || o.Class == history.Acknowledged && missedRevision {
			missed[o.Key] = true
		}
	}
	for _, store := range r.Stores { // an ambiguous write can have been applied after the watch ended
		for key, v := range store.Keys {
			if inWatch(v.Revision) && told[change{key, v.Value}] != v.Revision {
				missed[key] = true
			}
		}
	}
	for _, e := range r.Events {
		if at, found := asked[change{e.Key, e.Value}]; !e.Deleted && (!found || e.At < at) {
			invented[e.Key] = true
		}
	}
	return missed, twice, invented
}

// order requires a distinct revision for each change, each higher than the one before: the probe changes one key at a
// time.
func order(events []history.Event) []string {
	told := map[int64]bool{}
	repeated, back, deleted := map[string]bool{}, map[string]bool{}, map[string]bool{}
	var last int64
	for _, e := range events {
		switch {
		case e.Deleted:
			deleted[e.Key] = true
		case told[e.Revision]:
			repeated[e.Key] = true
		case e.Revision < last:
			back[e.Key] = true
		}
		told[e.Revision] = true
		last = max(last, e.Revision)
	}
	var reasons []string
	for _, wrong := range []struct {
		what string
		keys map[string]bool
	}{
		{"the watch repeated changes of", repeated},
		{"the watch delivered changes out of order, of", back},
		{"during the drill another client deleted", deleted},
	} {
		if len(wrong.keys) > 0 {
			reasons = append(reasons, fmt.Sprintf("%s %d keys: %s", wrong.what, len(wrong.keys), named(wrong.keys)))
		}
	}
	return reasons
}
