package report

import "slices"

// Result is what came of a check: Pass, Unknown, Caution or Fail.
type Result string

// The results beside Pass and Fail.
const (
	Unknown Result = "unknown" // it could not be looked at, which is no pass
	Caution Result = "warn"
)

// Check is what one check found, of one member or of the cluster as a whole.
type Check struct {
	Name   string `json:"name"`
	Group  string `json:"group"`
	Result Result `json:"result"`
	Member string `json:"member,omitempty"`
	Figure string `json:"figure,omitempty"` // what was seen
	Reason string `json:"reason,omitempty"` // why that is no pass
	Remedy string `json:"remedy,omitempty"` // what to type, or to do, one step a line
}

// Doctor is the result of all checks of a cluster, in their order; within one check the worst member comes first.
type Doctor struct {
	Head
	Verdict Result  `json:"verdict"` // the worst result; Unknown is worse than Pass only
	Checks  []Check `json:"checks"`
}

// NewDoctor returns the report of some checks.
func NewDoctor(cluster, namespace string, checks []Check) Doctor {
	return Doctor{Head: NewHead("Doctor", namespace, cluster), Verdict: Worst(checks), Checks: checks}
}

// EvidenceMissing returns why a check could not be made of any member, or "".
func (d Doctor) EvidenceMissing(check string) string {
	for _, c := range d.Checks {
		if c.Name == check && c.Result == Unknown && c.Member == "" {
			return c.Reason
		}
	}
	return ""
}

// Names returns what -o name prints: what did not pass.
func (d Doctor) Names() []string {
	var names []string
	for _, c := range d.Checks {
		if name := "check/" + c.Name; c.Result != Pass && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Worst returns the worst result of some checks.
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
