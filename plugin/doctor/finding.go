package doctor

import (
	"fmt"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// finding is the result of a check for one member or for the cluster. Figure is the observed value. Reason and Remedy
// do not repeat it, so that one line covers all members with the same finding.
type finding report.Check

func pass(format string, args ...any) finding {
	return finding{Result: report.Pass, Figure: fmt.Sprintf(format, args...)}
}

// bad returns a finding that is not a pass.
func bad(result report.Result, figure string, why explanation) finding {
	return finding{Result: result, Figure: figure, Reason: why.reason, Remedy: why.remedy}
}

// evidenceMissing returns the finding of a check that could not be made.
func evidenceMissing(reason string) finding { return finding{Result: report.Unknown, Reason: reason} }

// explanation is why something is bad, and what to do about it.
type explanation struct{ reason, remedy string }

// fromStatus returns a finding for each warning of the status that matches. The rules and texts of these are those of
// "status".
func (e *evidence) fromStatus(result report.Result, right func(report.Warning) bool) []finding {
	var found []finding
	for _, w := range e.status.Warnings {
		if right(w) {
			found = append(found, finding{Result: result, Reason: w.Message, Remedy: w.Remedy}.of(w.Member))
		}
	}
	return found
}

// withReason matches the warnings with one of the reasons.
func withReason(reasons ...string) func(report.Warning) bool {
	return func(w report.Warning) bool { return slices.Contains(reasons, w.Reason) }
}

// of sets the member of a finding.
func (f finding) of(member string) finding {
	f.Member = member
	return f
}

// each returns one finding for each member.
func (e *evidence) each(of func(memberEvidence) finding) []finding {
	found := make([]finding, len(e.members))
	for i, m := range e.members {
		found[i] = of(m).of(m.Name)
	}
	return found
}

// ranked is a finding with the number by which findings are sorted.
type ranked struct {
	finding
	rank float64
}

// worstFirst sorts findings by rank, the highest first.
func worstFirst(found []ranked) []finding {
	slices.SortStableFunc(found, func(a, b ranked) int {
		switch {
		case a.rank > b.rank:
			return -1
		case a.rank < b.rank:
			return 1
		}
		return 0
	})
	sorted := make([]finding, len(found))
	for i, f := range found {
		sorted[i] = f.finding
	}
	return sorted
}
