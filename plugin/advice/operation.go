package advice

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// templateChanged warns of members whose pods have an earlier template.
func (v view) templateChanged() []report.Warning {
	behind := judge.OutdatedMembers(v.Cluster)
	if len(behind) == 0 || v.Operation.Text != "" { // in progress, or abandoned, which has its own warning
		return nil
	}
	return warning(TemplateChanged, fmt.Sprintf("the StatefulSet's template has changed, but the pods of %s still have an earlier one", list(behind)),
		"roll these members, one at a time:", v.Command("up"))
}

// operation warns of an abandoned operation: its process died. The remedy runs the same command again: it continues from the
// cluster's state, and releases the Lease.
func (v view) operation() []report.Warning {
	command := v.Operation.Command()
	if !v.Operation.Abandoned || command == "certs rotate-ca" && v.status.RotationPhase != "" { // a CA rotation has its own warning
		return nil
	}
	verb, _, _ := strings.Cut(command, " ")
	var steps []string
	switch {
	case verb == "drill": // a second run would inject the fault again
		steps = []string{
			"it can no longer undo its fault: check that no node is left cordoned, then run a drill without a fault:",
			v.KubectlEverywhere("get nodes"), v.Command("drill observe --for 10s"),
		}
	case verb == "down":
		steps = []string{"finish it; that keeps the data (or bring the cluster back with \"kubectl etcd up\"):", v.Command("down")}
	case command == "certs issue": // its arguments are not recorded
		steps = []string{"run \"kubectl etcd certs issue\" again, with the same arguments"}
	case verb == "seal", command == "certs rotate-ca", verb == "replace" && len(v.status.Unfinished) == 1: // everything else is done
		steps = []string{"only its Lease remains to be released:", v.Command("seal")}
	default:
		steps = []string{"finish it:", v.Command(command)}
	}
	return warning(OperationAbandoned, fmt.Sprintf("operation %q was abandoned half-way (%s)", command, v.Operation.Text), steps...)
}
