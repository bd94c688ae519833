package verdict

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// shownKeys is how many keys of a kind a report lists, and namedKeys how many a reason names.
const (
	shownKeys = 1000
	namedKeys = 3
)

// data requires every member to hold the marker and every acknowledged write, and nothing that was never written.
func data(r *history.Record, d *report.Drill) []string {
	var reasons []string
	if r.Marker.Class != history.Acknowledged || r.Marker.Key == "" {
		reasons = append(reasons, "the marker was not written")
	}
	for _, m := range r.Before.Members {
		store, read := r.Stores[m.Name]
		switch {
		case !read:
			reasons = append(reasons, fmt.Sprintf("the keys of member %s were not read back", m.Name))
		case store.Error != "":
			reasons = append(reasons, fmt.Sprintf("the keys of member %s could not be read back: %s", m.Name, store.Error))
		case store.Keys[r.Marker.Key].Value != r.Marker.Value:
			reasons = append(reasons, fmt.Sprintf("the marker is missing on member %s", m.Name))
		}
	}
	lost, outdated, invented := map[string]bool{}, map[string]bool{}, map[string]bool{}
	observed, possible := newest(r), changes(r)
	for _, store := range r.Stores {
		if store.Error != "" {
			continue
		}
		maps.Copy(lost, lostFrom(r, store))
		for key, revision := range observed {
			if store.Keys[key].Revision < revision {
				outdated[key] = true
			}
		}
		for key, value := range store.Keys {
			if !possible[change{key, value.Value}] {
				invented[key] = true
			}
		}
	}
	d.Writes.Lost, d.Writes.LostKeys = len(lost), first(lost, shownKeys)
	if len(lost) > 0 {
		reasons = append(reasons, fmt.Sprintf("%d acknowledged writes are lost: %s", len(lost), named(lost)))
	}
	for key := range lost {
		delete(outdated, key)
	}
	if len(outdated) > 0 {
		reasons = append(reasons, fmt.Sprintf("%d keys have an older value than clients have seen: %s", len(outdated), named(outdated)))
	}
	if len(invented) > 0 {
		reasons = append(reasons, fmt.Sprintf("%d values are stored that no client wrote, or whose writes had failed: %s", len(invented), named(invented)))
	}
	return reasons
}

// newest returns the newest revision of each key that was observed, by the watch or by a linearizable answer. It may be
// that of a write that was not acknowledged.
func newest(r *history.Record) map[string]int64 {
	observed := map[string]int64{}
	for _, e := range r.Events {
		if !e.Deleted {
			observed[e.Key] = max(observed[e.Key], e.Revision)
		}
	}
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Class == history.Acknowledged && o.Kind != history.LocalRead {
			observed[o.Key] = max(observed[o.Key], o.Revision)
		}
	}
	return observed
}

// lostFrom returns the keys of the acknowledged writes that a store lacks. A store has only the last value of a
// register, so an acknowledged swap is lost unless the store has its value or a newer revision.
func lostFrom(r *history.Record, store history.Store) map[string]bool {
	lost := map[string]bool{}
	for i := range r.Operations {
		o := &r.Operations[i]
		if !o.Wrote() {
			continue
		}
		has := store.Keys[o.Key]
		same := has.Value == o.Value && has.Revision == o.Revision
		if o.Kind == history.Write && !same || o.Kind == history.CompareAndSwap && !same && has.Revision <= o.Revision {
			lost[o.Key] = true
		}
	}
	return lost
}

// changes returns the values that each key may have: the marker's, and those that operations may have written.
func changes(r *history.Record) map[change]bool {
	possible := map[change]bool{{r.Marker.Key, r.Marker.Value}: true}
	for i := range r.Operations {
		if o := &r.Operations[i]; o.MayHaveWritten() {
			possible[change{o.Key, o.Value}] = true
		}
	}
	return possible
}

func first(keys map[string]bool, n int) []string {
	all := slices.Sorted(maps.Keys(keys))
	return all[:min(len(all), n)]
}

// named returns the first keys as text; the report lists more of them.
func named(keys map[string]bool) string {
	text := strings.Join(first(keys, namedKeys), ", ")
	if more := len(keys) - namedKeys; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// hashes returns why the members are not proven to have equal stores, or "".
func hashes(r *history.Record) string {
	by := map[string][]string{}
	for _, m := range r.Before.Members {
		i := slices.IndexFunc(r.Hashes, func(h report.MemberHash) bool { return h.Member == m.Name })
		switch {
		case i < 0:
			return fmt.Sprintf("the store of member %s was not hashed", m.Name)
		case r.Hashes[i].Error != "" || r.Hashes[i].Hash == "":
			return fmt.Sprintf("the store of member %s could not be hashed: %s", m.Name, orUnknown(r.Hashes[i].Error))
		}
		h := fmt.Sprintf("%s (compacted at %d)", r.Hashes[i].Hash, r.Hashes[i].CompactRevision)
		by[h] = append(by[h], m.Name)
	}
	if len(by) == 1 {
		return ""
	}
	var parts []string
	for _, h := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s on %s", h, strings.Join(by[h], " and ")))
	}
	return fmt.Sprintf("the stores differ at revision %d: %s", r.Revision, orUnknown(strings.Join(parts, ", ")))
}

// members returns what was found at each member from before the fault.
func members(r *history.Record) []report.DrillMember {
	out := []report.DrillMember{}
	for _, before := range r.Before.Members {
		after, _ := r.After.Member(before.Name)
		store, read := r.Stores[before.Name]
		m := report.DrillMember{
			Name: before.Name, Target: slices.Contains(r.Targets, before.Name), Healthy: after.Healthy, NewPod: hasNewPod(r, before.Name),
			Marker: r.Marker.Key != "" && store.Keys[r.Marker.Key].Value == r.Marker.Value, Error: after.Error,
		}
		if !m.NewPod {
			m.Restarts = max(0, r.PodsAfter[before.Name].Restarts-r.PodsBefore[before.Name].Restarts)
		}
		if read && store.Error == "" {
			m.WritesLost = len(lostFrom(r, store))
			m.WritesFound = present(r, store)
		}
		for _, h := range r.Hashes {
			if h.Member == before.Name {
				m.Hash = h.Hash
			}
		}
		gap := longestGap(r, writes, before.Name).Length()
		m.LongestWriteGap, m.LongestWriteGapSeconds = report.Millis(gap), gap.Seconds()
		out = append(out, m)
	}
	return out
}

// present counts the acknowledged plain writes that a store has.
func present(r *history.Record, store history.Store) int {
	n := 0
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Kind == history.Write && o.Wrote() && store.Keys[o.Key].Value == o.Value {
			n++
		}
	}
	return n
}
