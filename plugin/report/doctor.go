package report

import "slices"

// Result is the result of a check: Pass, Unknown, Caution or Fail.
type Result string

// The results beside Pass and Fail.
const (
	Unknown Result = "unknown" // evidence missing; not a pass
	Caution Result = "warn"
)

// Check is the result of one check of a member, or of the whole cluster.
type Check struct {
	Name   string `json:"name"`
	Group  string `json:"group"`
	Result Result `json:"result"`
	Member string `json:"member,omitempty"`
	Figure string `json:"figure,omitempty"` // what was observed
	Reason string `json:"reason,omitempty"` // why the check did not pass
	Remedy string `json:"remedy,omitempty"` // steps or commands, one a line
}

// Doctor is the result of all checks of a cluster, in the order of the checks. Within a check the worst member comes first.
type Doctor struct {
	Head
	Verdict Result  `json:"verdict"` // the worst result; Unknown is worse than Pass only
	Checks  []Check `json:"checks"`
}

// NewDoctor returns the report of the checks, with their worst result as its verdict.
func NewDoctor(cluster, namespace string, checks []Check) Doctor {
	return Doctor{Head: NewHead("Doctor", namespace, cluster), Verdict: Worst(checks), Checks: checks}
}

// EvidenceMissing returns why the evidence for a check is missing for the whole cluster, or "".
func (d Doctor) EvidenceMissing(check string) string {
	for _, c := range d.Checks {
		if c.Name == check && c.Result == Unknown && c.Member == "" {
			return c.Reason
		}
	}
	return ""
}

// Names returns what -o name prints: the checks that did not pass.
func (d Doctor) Names() []string {
	var names []string
	for _, c := range d.Checks {
		if name := "check/" + c.Name; c.Result != Pass && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Worst returns the worst result of the checks: Fail, Caution, Unknown, then Pass.
func Worst(checks []Check) Result {
	found := map[Result]bool{}
	for _, c := range checks {
		found[c.Result] = true
	}
	for _, r := range []Result{Fail, Caution, Unknown} {
		if found[r] {
			return r
		}
	}
	return Pass
}
