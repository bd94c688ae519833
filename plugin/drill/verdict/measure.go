package verdict

import (
	"slices"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// minOutage is the shortest time without writes that counts as a loss of quorum.
const minOutage = 300 * time.Millisecond

// group is a set of kinds of operations.
type group struct {
	name string
	has  func(history.Kind) bool
}

// The groups: operations that need a quorum to write, those that need one to read, and those that need none.
func writes(k history.Kind) bool     { return k.Writes() }
func reads(k history.Kind) bool      { return k == history.Read }
func localReads(k history.Kind) bool { return k == history.LocalRead }
func anything(history.Kind) bool     { return true }

// measure counts the operations, measures gaps, latencies and the recovery, and returns the longest write and read gap.
func measure(r *history.Record, d *report.Drill) (write, read time.Duration) {
	count(r, d)
	write, read = longestGap(r, writes, "").Length(), longestGap(r, reads, "").Length()
	d.LongestWriteGap, d.LongestWriteGapSeconds = report.Millis(write), write.Seconds()
	d.LongestReadGap, d.LongestReadGapSeconds = report.Millis(read), read.Seconds()
	if next := successor(r); next != nil {
		after := max(0, next.At-leaderGone(r))
		d.TimeToNewLeader, d.TimeToNewLeaderSeconds = report.Millis(after), after.Seconds()
	}
	if after, recovered := r.Recovery(); recovered {
		d.TimeToHealthy, d.TimeToHealthySeconds = report.Millis(after), after.Seconds()
	}
	d.Elections = elections(r)
	d.Latencies = latencies(r)
	d.Prober = prober(r)
	return write, read
}

// leaderGone returns when the first leader stopped leading: at the fault, or later if it was still observed to lead. It
// is later for a fault that reaches the leader late, and for "observe". The record must have a leader.
func leaderGone(r *history.Record) time.Duration {
	last := r.LeaderTerms[0]
	for _, term := range r.LeaderTerms {
		if term.Term > r.Before.Term {
			break
		}
		last = term
	}
	return max(r.FaultAt, last.Led)
}

func count(r *history.Record, d *report.Drill) {
	by := map[history.Kind]*report.DrillOperations{}
	for _, k := range history.Kinds() {
		by[k] = &report.DrillOperations{Kind: string(k)}
	}
	for i := range r.Operations {
		o := &r.Operations[i]
		c := by[o.Kind]
		c.Attempted++
		switch o.Class {
		case history.Ambiguous:
			c.Ambiguous++
		case history.Failed:
			c.Failed++
		case history.Acknowledged:
			if o.Kind == history.CompareAndSwap && !o.Swapped {
				c.NotDone++
			} else {
				c.Acknowledged++
			}
		}
	}
	for _, k := range history.Kinds() {
		c := *by[k]
		d.Operations = append(d.Operations, c)
		if k.Writes() {
			w := &d.Writes
			w.Attempted, w.Acknowledged, w.NotDone = w.Attempted+c.Attempted, w.Acknowledged+c.Acknowledged, w.NotDone+c.NotDone
			w.Ambiguous, w.Failed = w.Ambiguous+c.Ambiguous, w.Failed+c.Failed
			continue
		}
		d.Reads.Attempted, d.Reads.Acknowledged, d.Reads.Failed = d.Reads.Attempted+c.Attempted, d.Reads.Acknowledged+c.Acknowledged, d.Reads.Failed+c.Failed
	}
}

// elections counts the later terms in which a leader was observed.
func elections(r *history.Record) int {
	terms := map[uint64]bool{}
	for _, term := range r.LeaderTerms {
		if term.Term > r.Before.Term {
			terms[term.Term] = true
		}
	}
	return len(terms)
}

// gaps returns the times between acknowledgements of the operations that of selects, at one member or, with "", at any.
// The first starts with the probe and the last ends with it.
func gaps(r *history.Record, of func(history.Kind) bool, member string) []history.Interval {
	var at []time.Duration
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Class == history.Acknowledged && of(o.Kind) && (member == "" || o.Member == member) {
			at = append(at, o.Returned)
		}
	}
	slices.Sort(at)
	var all []history.Interval
	last := time.Duration(0)
	for _, t := range append(at, r.Span) {
		all = append(all, history.Interval{From: last, To: t})
		last = max(last, t)
	}
	return all
}

// longestGap returns the longest gap, and the first of several.
func longestGap(r *history.Record, of func(history.Kind) bool, member string) history.Interval {
	var longest history.Interval
	for _, gap := range gaps(r, of, member) {
		if gap.Length() > longest.Length() {
			longest = gap
		}
	}
	return longest
}

// latencies returns the latencies of the acknowledged operations, by the phase in which they were called.
func latencies(r *history.Record) []report.DrillLatency {
	out := []report.DrillLatency{}
	phases := []struct {
		name     string
		from, to time.Duration
	}{
		{"before", -1, r.FaultAt}, {"during", r.FaultAt, r.Recovered()}, {"after", r.Recovered(), r.Span + time.Hour},
	}
	for _, g := range []group{{"writes", writes}, {"reads", reads}, {"serializable", localReads}} {
		for _, p := range phases {
			var took []time.Duration
			for i := range r.Operations {
				o := &r.Operations[i]
				if o.Class == history.Acknowledged && g.has(o.Kind) && o.Called >= p.from && o.Called < p.to {
					took = append(took, o.Returned-o.Called)
				}
			}
			slices.Sort(took)
			out = append(out, latency(p.name, g.name, took))
		}
	}
	return out
}

func latency(phase, kind string, took []time.Duration) report.DrillLatency {
	l := report.DrillLatency{Phase: phase, Kind: kind, Count: len(took)}
	if len(took) == 0 {
		return l
	}
	p50, p99, longest := Quantile(took, 0.5), Quantile(took, 0.99), took[len(took)-1]
	l.P50, l.P50Seconds = report.Millis(p50), p50.Seconds()
	l.P99, l.P99Seconds = report.Millis(p99), p99.Seconds()
	l.Max, l.MaxSeconds = report.Millis(longest), longest.Seconds()
	return l
}

// Quantile returns the nearest-rank quantile of sorted values, of which there must be at least one.
func Quantile[T any](sorted []T, q float64) T {
	rank := int(q*float64(len(sorted)) + 0.9999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}
