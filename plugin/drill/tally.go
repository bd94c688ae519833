package drill

import (
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// shownKeys bounds how many lost keys are listed.
const shownKeys = 20

func count(e Evidence) report.Writes {
	w := report.Writes{Rate: e.Rate, Attempted: len(e.Writes)}
	lost := map[string]bool{}
	for _, one := range e.Writes {
		switch one.Class {
		case Acknowledged:
			w.Acknowledged++
		case Ambiguous:
			w.Ambiguous++
		case Failed:
			w.Failed++
		}
		for _, store := range e.Stores {
			if one.Class == Acknowledged && store.Error == "" && store.Keys[one.Key] != one.Value {
				lost[one.Key] = true
			}
		}
	}
	w.Lost = len(lost)
	w.LostKeys = slices.Sorted(maps.Keys(lost))
	w.LostKeys = w.LostKeys[:min(len(w.LostKeys), shownKeys)]
	return w
}

func members(e Evidence) []report.DrillMember {
	var out []report.DrillMember
	for _, before := range e.Before.Members {
		after, _ := e.After.Member(before.Name)
		store := e.Stores[before.Name]
		m := report.DrillMember{
			Name: before.Name, Healthy: after.Healthy, NewPod: renewed(e, before.Name), Error: after.Error,
			Marker: e.Marker.Key != "" && store.Keys[e.Marker.Key] == e.Marker.Value,
		}
		for _, w := range e.Writes {
			switch {
			case w.Class != Acknowledged:
			case store.Keys[w.Key] == w.Value:
				m.WritesFound++
			case store.Error == "" && store.Keys != nil:
				m.WritesLost++
			}
		}
		for _, h := range e.Hashes {
			if h.Member == before.Name {
				m.Hash = h.Hash
			}
		}
		gap := longestGap(e, before.Name)
		m.LongestWriteGap, m.LongestWriteGapSeconds = report.Millis(gap), gap.Seconds()
		out = append(out, m)
	}
	return out
}

// longestGap is the longest time without an acknowledgement, by one member or, with "", by any of them. The start
// and the end of the probe bound the first and the last gap.
func longestGap(e Evidence, member string) time.Duration {
	var at []time.Duration
	for _, w := range e.Writes {
		if w.Class == Acknowledged && (member == "" || w.Member == member) {
			at = append(at, w.Returned)
		}
	}
	sort.Slice(at, func(i, j int) bool { return at[i] < at[j] })
	var last, longest time.Duration
	for _, t := range append(at, e.Span) {
		longest = max(longest, t-last)
		last = max(last, t)
	}
	return longest
}
