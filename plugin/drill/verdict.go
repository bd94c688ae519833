package drill

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// maxLate is how far behind its schedule a probe may fall: beyond it, what it measured is the prober's machine.
const maxLate = time.Second

// Judge computes the verdict from what was recorded, and from nothing else. What was not observed is not held: it is
// a reason to fail.
func Judge(e Evidence) report.Drill {
	d := report.Drill{
		Fault: e.Fault, Target: e.Target, Verdict: report.Pass, Reasons: []string{},
		LeaderBefore: e.Before.Leader, TermBefore: e.Before.Term,
		LeaderAfter: e.After.Leader, TermAfter: e.After.Term,
		HashRevision: e.HashRevision, Timeline: e.Timeline, Notes: e.Notes,
	}
	d.Writes = count(e)
	d.Members = members(e)
	gap := longestGap(e, "")
	d.LongestWriteGap, d.LongestWriteGapSeconds = report.Millis(gap), gap.Seconds()
	if e.NewLeader != nil {
		d.TimeToNewLeader, d.TimeToNewLeaderSeconds = report.Millis(*e.NewLeader), e.NewLeader.Seconds()
	}
	if e.Healthy != nil {
		d.TimeToHealthy, d.TimeToHealthySeconds = report.Millis(*e.Healthy), e.Healthy.Seconds()
	}
	hashProblem := hashes(e)
	d.HashMatch = hashProblem == ""

	for _, reasons := range [][]string{
		leadership(e), membership(e), recovery(e), probing(e), data(e, d.Writes), {hashProblem},
	} {
		for _, r := range reasons {
			if r != "" {
				d.Reasons, d.Verdict = append(d.Reasons, r), report.Fail
			}
		}
	}
	return d
}

// leadership asks for the change of leader that the fault is about.
func leadership(e Evidence) []string {
	switch {
	case e.After.Leader == "":
		return []string{"no member led at the end"}
	case e.After.Term < e.Before.Term:
		return []string{fmt.Sprintf("the term went back from %d to %d", e.Before.Term, e.After.Term)}
	case !e.Expect.NewLeader:
		return nil
	case e.After.Leader == e.Before.Leader && e.After.Term == e.Before.Term:
		return []string{fmt.Sprintf("the leader did not change: %s still leads in term %d", e.Before.Leader, e.Before.Term)}
	case e.NewLeader == nil:
		return []string{"when a new leader was elected was not observed"}
	}
	return nil
}

// membership asks for the same members with the same identities.
func membership(e Evidence) []string {
	var reasons []string
	for _, before := range e.Before.Members {
		after, found := e.After.Member(before.Name)
		switch {
		case !found:
			reasons = append(reasons, fmt.Sprintf("member %s is missing at the end", before.Name))
		case after.ID != "" && after.ID != before.ID:
			reasons = append(reasons, fmt.Sprintf("member %s has another identity: %s was %s", before.Name, after.ID, before.ID))
		}
	}
	return reasons
}

// recovery asks for every member to be healthy again, and for the pod that was deleted to be a new one.
func recovery(e Evidence) []string {
	var reasons []string
	for _, m := range e.After.Members {
		if !m.Healthy {
			reasons = append(reasons, fmt.Sprintf("member %s is not healthy at the end: %s", m.Name, orUnknown(m.Error)))
		}
	}
	if len(reasons) == 0 && e.Healthy == nil {
		reasons = append(reasons, "that all members were healthy again was not observed in time")
	}
	if e.Expect.NewPod && !renewed(e, e.Target) {
		reasons = append(reasons, fmt.Sprintf("pod %s was not made anew", e.Target))
	}
	return reasons
}

func renewed(e Evidence, member string) bool {
	return e.PodsAfter[member] != "" && e.PodsAfter[member] != e.PodsBefore[member]
}

// probing asks whether the probe saw anything: without acknowledged writes on both sides of the fault, or with a
// prober that stood still, no figure of it means what it says.
func probing(e Evidence) []string {
	var before, after int
	var late time.Duration
	for _, w := range e.Writes {
		late = max(late, w.Sent-w.Due)
		switch {
		case w.Class != Acknowledged:
		case w.Returned < e.FaultAt:
			before++
		case w.Sent > e.FaultAt:
			after++
		}
	}
	var reasons []string
	if before == 0 {
		reasons = append(reasons, "no write was acknowledged before the fault")
	}
	if after == 0 {
		reasons = append(reasons, "no write was acknowledged after the fault")
	}
	if late > maxLate {
		reasons = append(reasons, fmt.Sprintf("the probe fell %s behind its own rate: the gaps are not etcd's alone", report.Millis(late)))
	}
	return reasons
}

// data asks every member for the marker and for every acknowledged write.
func data(e Evidence, w report.Writes) []string {
	var reasons []string
	if e.Marker.Class != Acknowledged || e.Marker.Key == "" {
		reasons = append(reasons, "the marker was not written")
	}
	for _, m := range e.Before.Members {
		store, read := e.Stores[m.Name]
		switch {
		case !read:
			reasons = append(reasons, fmt.Sprintf("the keys of member %s were not read back", m.Name))
		case store.Error != "":
			reasons = append(reasons, fmt.Sprintf("the keys of member %s could not be read back: %s", m.Name, store.Error))
		case store.Keys[e.Marker.Key] != e.Marker.Value:
			reasons = append(reasons, fmt.Sprintf("the marker is missing on member %s", m.Name))
		}
	}
	if w.Lost > 0 {
		reasons = append(reasons, fmt.Sprintf("%d acknowledged writes are lost: %s", w.Lost, shown(w.LostKeys, w.Lost)))
	}
	return reasons
}

// hashes says why the members are not shown to hold the same, or "".
func hashes(e Evidence) string {
	by := map[string][]string{}
	for _, m := range e.Before.Members {
		i := slices.IndexFunc(e.Hashes, func(h report.MemberHash) bool { return h.Member == m.Name })
		switch {
		case i < 0:
			return fmt.Sprintf("the store of member %s was not hashed", m.Name)
		case e.Hashes[i].Error != "" || e.Hashes[i].Hash == "":
			return fmt.Sprintf("the store of member %s could not be hashed: %s", m.Name, orUnknown(e.Hashes[i].Error))
		}
		h := fmt.Sprintf("%s (compacted at %d)", e.Hashes[i].Hash, e.Hashes[i].CompactRevision)
		by[h] = append(by[h], m.Name)
	}
	if len(by) == 1 {
		return ""
	}
	var parts []string
	for _, h := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%s on %s", h, strings.Join(by[h], " and ")))
	}
	return fmt.Sprintf("the stores differ at revision %d: %s", e.HashRevision, orUnknown(strings.Join(parts, ", ")))
}

// shown names a few keys: the report lists more of them.
func shown(keys []string, all int) string {
	keys = keys[:min(len(keys), 3)]
	text := strings.Join(keys, ", ")
	if all > len(keys) {
		text += fmt.Sprintf(" and %d more", all-len(keys))
	}
	return text
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}
