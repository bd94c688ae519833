package verdict

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// anomalies returns the anomalies that prove without a search that the registers' history is not linearizable.
func anomalies(r *history.Record) []string {
	var reasons []string
	for _, found := range []anomaly{duplicates(r), phantoms(r), stale(r)} {
		if found.n > 0 {
			reasons = append(reasons, fmt.Sprintf("%d %s: %s", found.n, found.what, found.example))
		}
	}
	return reasons
}

// anomaly is a kind of anomaly: how often it occurs, and the first example.
type anomaly struct {
	what    string
	n       int
	example string
}

func (a *anomaly) add(format string, args ...any) {
	if a.n++; a.n == 1 {
		a.example = fmt.Sprintf(format, args...)
	}
}

// duplicates are swaps that were applied twice on one revision of a register. At most one of two can be right.
func duplicates(r *history.Record) anomaly {
	type state struct {
		key  string
		from int64
	}
	done := map[state]string{}
	a := anomaly{what: "compare-and-swaps succeeded twice on the same revision"}
	for i := range r.Operations {
		o := &r.Operations[i]
		if o.Kind != history.CompareAndSwap || !o.Wrote() {
			continue
		}
		s := state{o.Key, o.From}
		if other, twice := done[s]; twice {
			a.add("%s from revision %d, to %s and to %s", o.Key, o.From, other, o.Value)
		}
		done[s] = o.Value
	}
	return a
}

// phantoms are values that were read and that no operation can have written: not at all, not at that revision, or not
// before the read returned.
func phantoms(r *history.Record) anomaly {
	writers := map[change]*history.Operation{}
	for i := range r.Operations {
		if o := &r.Operations[i]; o.MayHaveWritten() {
			writers[change{o.Key, o.Value}] = o
		}
	}
	a := anomaly{what: "values were read that no client wrote"}
	for i := range r.Operations {
		o := &r.Operations[i]
		if o.Class != history.Acknowledged || o.Kind == history.Write || o.Seen == "" {
			continue
		}
		w := writers[change{o.Key, o.Seen}]
		switch {
		case w == nil:
			a.add("%s of %s at %s, by a %s at %s", o.Seen, o.Key, o.Member, o.Kind, report.Millis(o.Called))
		case w.Called > o.Returned:
			a.add("%s of %s at %s, before it was written", o.Seen, o.Key, o.Member)
		case w.Wrote() && w.Revision != o.Revision:
			a.add("%s of %s at %s, at revision %d and not %d", o.Seen, o.Key, o.Member, o.Revision, w.Revision)
		}
	}
	return a
}

// reordered are acknowledged writes whose revision is lower than that of a write that was acknowledged before they were
// sent, whatever their keys.
func reordered(r *history.Record) []string {
	a := anomaly{what: "writes have a lower revision than one that was acknowledged before they were sent"}
	var writes []*history.Operation
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Wrote() {
			writes = append(writes, o)
		}
	}
	overtaken(writes, func(o, newest *history.Operation) {
		a.add("%s, called at %s, has revision %d; %s had returned at %s with revision %d",
			o.Key, report.Millis(o.Called), o.Revision, newest.Key, report.Millis(newest.Returned), newest.Revision)
	})
	if a.n == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d %s: %s", a.n, a.what, a.example)}
}

// overtaken calls visit for each operation with a lower revision than one that had returned before it was called, with
// that one.
func overtaken(list []*history.Operation, visit func(o, newest *history.Operation)) {
	told := slices.Clone(list)
	slices.SortFunc(told, func(x, y *history.Operation) int { return cmp.Compare(x.Returned, y.Returned) })
	slices.SortFunc(list, func(x, y *history.Operation) int { return cmp.Compare(x.Called, y.Called) })
	var newest *history.Operation
	next := 0
	for _, o := range list {
		for ; next < len(told) && told[next].Returned < o.Called; next++ {
			if newest == nil || told[next].Revision > newest.Revision {
				newest = told[next]
			}
		}
		if newest != nil && o.Revision < newest.Revision {
			visit(o, newest)
		}
	}
}

// stale are linearizable answers (reads and refused swaps) with an older revision than one that any client had observed
// before the call.
func stale(r *history.Record) anomaly {
	a := anomaly{what: "linearizable reads were stale"}
	for _, list := range byKey(r) {
		overtaken(list, func(o, newest *history.Operation) {
			if !o.Wrote() {
				a.add("%s of %s had revision %d at %s on %s, but a client had seen revision %d at %s",
					o.Kind, o.Key, o.Revision, report.Millis(o.Called), o.Member, newest.Revision, report.Millis(newest.Returned))
			}
		})
	}
	return a
}

// byKey returns the acknowledged linearizable operations by register.
func byKey(r *history.Record) map[string][]*history.Operation {
	by := map[string][]*history.Operation{}
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Class == history.Acknowledged && (o.Kind == history.CompareAndSwap || o.Kind == history.Read) {
			by[o.Key] = append(by[o.Key], o)
		}
	}
	return by
}
