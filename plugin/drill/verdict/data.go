package verdict

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// shownKeys bounds how many keys of a kind a report lists, and namedKeys how many a reason names.
const (
	shownKeys = 1000
	namedKeys = 3
)

// data asks every member for the marker and for every acknowledged write, and for nothing that was never written.
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
	lost, gone, invented := map[string]bool{}, map[string]bool{}, map[string]bool{}
	told, possible := newest(r), changes(r)
	for _, store := range r.Stores {
		if store.Error != "" {
			continue
		}
		maps.Copy(lost, lostFrom(r, store))
		for key, revision := range told {
			if store.Keys[key].Revision < revision {
				gone[key] = true
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
		delete(gone, key)
	}
	if len(gone) > 0 {
		reasons = append(reasons, fmt.Sprintf("%d keys are older than what clients were told of them: %s", len(gone), named(gone)))
	}
	if len(invented) > 0 {
		reasons = append(reasons, fmt.Sprintf("%d values are there that nobody wrote, or whose writes had failed: %s", len(invented), named(invented)))
	}
	return reasons
}

// newest returns the newest revision of each key that anybody was told of: by the watch, by a linearizable answer. It may
// be of a write that nobody acknowledged.
func newest(r *history.Record) map[string]int64 {
	told := map[string]int64{}
	for _, e := range r.Events {
		if !e.Deleted {
			told[e.Key] = max(told[e.Key], e.Revision)
		}
	}
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Class == history.Acknowledged && o.Kind != history.LocalRead {
			told[o.Key] = max(told[o.Key], o.Revision)
		}
	}
	return told
}

// lostFrom returns the keys of the acknowledged writes that a store does not have. Of a register it has the last value:
// an acknowledged swap is lost where what is there is older.
func lostFrom(r *history.Record, store history.Store) map[string]bool {
	lost := map[string]bool{}
	for i := range r.Operations {
		o := &r.Operations[i]
		if !o.Wrote() {
			continue
		}
		has := store.Keys[o.Key]
		same := has.Value == o.Value && has.Revision == o.Revision
		if o.Kind == history.Write && !same || o.Kind == history.Swap && !same && has.Revision <= o.Revision {
			lost[o.Key] = true
		}
	}
	return lost
}

// changes returns the values that a key can have: the marker's, and those that operations can have left.
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

// named names a few keys; the report lists more of them.
func named(keys map[string]bool) string {
	text := strings.Join(first(keys, namedKeys), ", ")
	if more := len(keys) - namedKeys; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// hashes says why the members are not shown to hold the same, or "".
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

// members tells what was found at each of the members from before.
func members(r *history.Record) []report.DrillMember {
	out := []report.DrillMember{}
	for _, before := range r.Before.Members {
		after, _ := r.After.Member(before.Name)
		store, read := r.Stores[before.Name]
		m := report.DrillMember{
			Name: before.Name, Target: slices.Contains(r.Targets, before.Name), Healthy: after.Healthy, NewPod: renewed(r, before.Name),
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

// present counts the acknowledged writes of keys of their own that a store has.
func present(r *history.Record, store history.Store) int {
	n := 0
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Kind == history.Write && o.Wrote() && store.Keys[o.Key].Value == o.Value {
			n++
		}
	}
	return n
}
