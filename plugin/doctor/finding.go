package doctor

import (
	"fmt"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// finding is what a check found, of one member or of the cluster as a whole. Its figure is what was seen; reason and
// remedy do not repeat it, so that they are told once for all members of which they are true.
type finding report.Check

func pass(format string, args ...any) finding {
	return finding{Result: report.Pass, Figure: fmt.Sprintf(format, args...)}
}

// bad is a finding that is no pass.
func bad(result report.Result, figure string, say because) finding {
	return finding{Result: result, Figure: figure, Reason: say.reason, Remedy: say.remedy}
}

// evidenceMissing is a check that could not be made.
func evidenceMissing(reason string) finding { return finding{Result: report.Unknown, Reason: reason} }

// because is why something is bad, and what to do about it.
type because struct{ reason, remedy string }

// advised returns what status warns of, too, where that is of the right kind: the rule and its words are in one place.
func (e *evidence) advised(result report.Result, right func(report.Warning) bool) []finding {
	var found []finding
	for _, w := range e.status.Warnings {
		if right(w) {
			found = append(found, finding{Result: result, Reason: w.Message, Remedy: w.Remedy}.of(w.Member))
		}
	}
	return found
}

// warning tells the warnings for some reasons.
func warning(reasons ...string) func(report.Warning) bool {
	return func(w report.Warning) bool { return slices.Contains(reasons, w.Reason) }
}

// of says of which member a finding is.
func (f finding) of(member string) finding {
	f.Member = member
	return f
}

// each judges one member after the other.
func (e *evidence) each(of func(seen) finding) []finding {
	found := make([]finding, len(e.members))
	for i, m := range e.members {
		found[i] = of(m).of(m.Name)
	}
	return found
}

// ranked is a finding with the number that it follows from.
type ranked struct {
	finding
	by float64
}

// worstFirst sorts findings by their numbers, the largest first.
func worstFirst(found []ranked) []finding {
	slices.SortStableFunc(found, func(a, b ranked) int {
		switch {
		case a.by > b.by:
			return -1
		case a.by < b.by:
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
