package doctor

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// stores compares the members' stores by etcd's hash of all keys up to one revision. Only members with the same compact
// revision can be compared: compacted revisions are not hashed.
func stores(e *evidence) []finding {
	if len(e.members) < 2 {
		return nil
	}
	var found []finding
	by := map[string][]string{}
	history := map[int64]bool{}
	for _, m := range e.members {
		i := slices.IndexFunc(e.hashes, func(h report.MemberHash) bool { return h.Member == m.Name })
		switch {
		case i < 0:
			found = append(found, evidenceMissing(m.noAnswerReason()).of(m.Name))
		case e.hashes[i].Error != "":
			found = append(found, evidenceMissing(e.hashes[i].Error).of(m.Name))
		default:
			by[e.hashes[i].Hash] = append(by[e.hashes[i].Hash], m.Name)
			history[e.hashes[i].CompactRevision] = true
		}
	}
	switch {
	case len(history) > 1:
		return append(found, evidenceMissing("the members have compacted to different revisions; check again"))
	case len(by) > 1:
		return append(found, e.storesDiffer(by))
	case len(by) == 1 && len(found) < len(e.members)-1:
		for _, names := range by {
			found = append(found, pass("equal on %s at revision %d", strings.Join(names, ", "), e.hashRevision))
		}
	}
	return found
}

// storesDiffer returns the finding that members do not hold the same keys. by has the members' names by hash.
func (e *evidence) storesDiffer(by map[string][]string) finding {
	var parts, wrong []string
	steps := []string{"stop the clients that write, and save a snapshot of each member:"}
	majority := false
	for _, hash := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, hash+" on "+strings.Join(by[hash], " and "))
		for _, name := range by[hash] {
			steps = append(steps, fmt.Sprintf("%s -- etcdctl snapshot save %s.db", e.cluster.Command("proxy --member "+name), name))
		}
		if len(by[hash]) > len(e.members)/2 {
			majority = true
		} else {
			wrong = append(wrong, by[hash]...)
		}
	}
	if majority {
		steps = append(steps, "then give the members that differ the data of the majority:", advice.Renew(e.cluster, e.status, wrong))
	} else {
		steps = append(steps, "the correct data cannot be determined here: compare the keys of the snapshots, and restore the cluster from the correct one (https://etcd.io/docs/latest/op-guide/data_corruption/)")
	}
	return bad(report.Fail, fmt.Sprintf("at revision %d: %s", e.hashRevision, strings.Join(parts, ", ")), explanation{
		"the members do not hold the same keys, even if all of them answer: some lost or kept keys that the others did not",
		strings.Join(steps, "\n"),
	})
}

// noAnswerReason returns why evidence of a member is missing.
func (m memberEvidence) noAnswerReason() string {
	if m.Error != "" {
		return m.Error
	}
	return "fewer than two members answer"
}

// eachAnswered returns the findings of the members that answered, the worst first. The others are reported as missing.
func (e *evidence) eachAnswered(of func(memberEvidence) ranked) []finding {
	found := make([]ranked, len(e.members))
	for i, m := range e.members {
		if m.Version == "" {
			found[i] = ranked{finding: evidenceMissing(m.noAnswerReason())}
		} else {
			found[i] = of(m)
		}
		found[i].Member = m.Name
	}
	return worstFirst(found)
}
