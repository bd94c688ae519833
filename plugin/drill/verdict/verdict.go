// Package verdict judges the record of a drill. A property that was not observed does not hold: it is a reason to fail.
package verdict

import (
	"fmt"
	"slices"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Judge computes the verdict from a record and nothing else. Its time is bounded: what it cannot decide within
// searchLimit is unknown, and unknown does not pass.
func Judge(r *history.Record) report.Drill {
	d := report.Drill{
		Head: report.NewHead("Drill", r.Namespace, r.Cluster), Fault: r.Fault, Struck: r.Struck, Targets: r.Targets, Began: r.Began.Format(time.RFC3339),
		Verdict: report.Pass, Reasons: []string{},
		LeaderBefore: r.Before.Leader, TermBefore: r.Before.Term, LeaderAfter: r.After.Leader, TermAfter: r.After.Term,
		HashRevision: r.Revision, Timeline: r.Timeline, Left: r.Left, Notes: r.Notes,
	}
	write, read := measure(r, &d)
	proven := data(r, &d)
	registers, registersReasons := linearizability(r)
	d.Linearizability, d.Linearizable = registers, registers == Linearizable
	watched := watch(r, &d)
	hashed := hashes(r)
	d.HashMatch = hashed == ""
	d.Members = members(r)

	for _, reasons := range [][]string{
		proven, reordered(r), registersReasons, watched, {hashed}, leadership(r), membership(r), recovery(r), outage(r, write), checkProbe(r, d.Prober), budgets(r, &d, write, read),
	} {
		for _, reason := range reasons {
			if reason != "" {
				d.Reasons, d.Verdict = append(d.Reasons, reason), report.Fail
			}
		}
	}
	return d
}

// clockSkew is how far the time of a fault may be off if it comes from another machine's clock.
const clockSkew = 500 * time.Millisecond

// leadership requires the change of leader that the fault must cause, or none.
func leadership(r *history.Record) []string {
	next := successor(r)
	switch {
	case r.After.Leader == "":
		return []string{"no member was the leader at the end"}
	case r.After.Term < r.Before.Term:
		return []string{fmt.Sprintf("the term went back from %d to %d", r.Before.Term, r.After.Term)}
	case r.Expect.NewLeader && r.After.Leader == r.Before.Leader && r.After.Term == r.Before.Term:
		return []string{fmt.Sprintf("the leader did not change: %s still leads in term %d", r.Before.Leader, r.Before.Term)}
	case r.Expect.NewLeader && next == nil:
		return []string{"the election of a new leader was not observed"}
	case r.Expect.NewLeader && next.At < r.FaultAt-clockSkew:
		return []string{fmt.Sprintf("%s was elected in term %d before the fault: the target was not the leader any more", next.Leader, next.Term)}
	case r.Expect.SameLeader && (next != nil || r.After.Leader != r.Before.Leader || r.After.Term != r.Before.Term):
		return []string{fmt.Sprintf("the leader changed, although it was not a target: %s led in term %d, %s in term %d",
			r.Before.Leader, r.Before.Term, r.After.Leader, r.After.Term)}
	}
	return nil
}

// successor returns the first leader of a later term, or nil if none was observed.
func successor(r *history.Record) *history.LeaderTerm {
	i := slices.IndexFunc(r.LeaderTerms, func(term history.LeaderTerm) bool { return term.Term > r.Before.Term })
	if i < 0 {
		return nil
	}
	return &r.LeaderTerms[i]
}

// membership requires the same members with the same member IDs, except for a target that the fault replaces.
func membership(r *history.Record) []string {
	var reasons []string
	for _, before := range r.Before.Members {
		after, found := r.After.Member(before.Name)
		renewed := r.Expect.NewMember && slices.Contains(r.Targets, before.Name)
		switch {
		case !found:
			reasons = append(reasons, fmt.Sprintf("member %s is missing at the end", before.Name))
		case renewed && after.ID == before.ID:
			reasons = append(reasons, fmt.Sprintf("member %s still has the ID %s: it was not replaced", before.Name, before.ID))
		case !renewed && after.ID != "" && after.ID != before.ID:
			reasons = append(reasons, fmt.Sprintf("member %s has another ID: %s, before %s", before.Name, after.ID, before.ID))
		}
	}
	for _, after := range r.After.Members {
		if _, found := r.Before.Member(after.Name); !found {
			reasons = append(reasons, fmt.Sprintf("member %s did not exist before the drill", after.Name))
		}
	}
	return reasons
}

// recovery requires every member to be a healthy voter again, and the targets' pods or containers to be new if the
// fault ends them.
func recovery(r *history.Record) []string {
	var reasons []string
	if r.Failed != "" {
		reasons = append(reasons, "the fault was not completed: "+r.Failed)
	}
	if r.After.WritesRefused && !r.Before.WritesRefused {
		reasons = append(reasons, "etcd refuses writes at the end, because of an alarm: "+r.After.AlarmText())
	}
	for _, m := range r.After.Members {
		before, _ := r.Before.Member(m.Name)
		switch {
		case !m.Healthy:
			reasons = append(reasons, fmt.Sprintf("member %s is not healthy at the end: %s", m.Name, orUnknown(m.Error)))
		case m.Role == report.Learner && before.Role != report.Learner:
			reasons = append(reasons, fmt.Sprintf("member %s is a learner at the end, not a voter", m.Name))
		}
	}
	if len(reasons) == 0 && r.Healthy == nil {
		reasons = append(reasons, "it was not observed within the limit that all members were healthy again")
	}
	for _, target := range r.Targets {
		before, after := r.PodsBefore[target], r.PodsAfter[target]
		switch {
		case r.Expect.NewPod && !hasNewPod(r, target):
			reasons = append(reasons, fmt.Sprintf("pod %s was not recreated", target))
		case r.Expect.Restart && before.UID == after.UID && before.Container == after.Container:
			reasons = append(reasons, fmt.Sprintf("etcd of member %s was not restarted: the fault did not reach it", target))
		}
	}
	return reasons
}

// hasNewPod reports whether a member has another pod than before.
func hasNewPod(r *history.Record, member string) bool {
	return r.PodsAfter[member].UID != "" && r.PodsAfter[member].UID != r.PodsBefore[member].UID
}

// outage requires the time without writes that a loss of quorum causes.
func outage(r *history.Record, gap time.Duration) []string {
	// At a low rate, writes are far apart without any outage.
	least := max(minOutage, 10*time.Second/time.Duration(max(r.Rate, 1)))
	if r.Expect.Outage && gap < least {
		return []string{fmt.Sprintf("writes went on: the longest gap was %s, so the quorum was not lost", report.Millis(gap))}
	}
	return nil
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}
