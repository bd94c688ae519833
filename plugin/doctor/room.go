package doctor

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/human"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// room judges whether the volume claim has room for a database at its quota and a copy of it: a defragmentation writes
// a second copy (server/storage/backend, defrag).
func room(e *evidence) []finding {
	var found []finding
	for _, m := range e.members {
		switch {
		case m.data.missing != "":
			found = append(found, evidenceMissing(m.data.missing).of(m.Name))
		case m.data.value.claim == nil: // see volumes
		case m.QuotaBytes <= 0:
			found = append(found, evidenceMissing(cmp.Or(m.Error, noQuota)).of(m.Name))
		case m.volumeBytes() >= 2*m.QuotaBytes:
			found = append(found, pass("quota %s, disk %s", human.Bytes(m.QuotaBytes), human.Bytes(m.volumeBytes())).of(m.Name))
		default:
			found = append(found, bad(report.Caution, fmt.Sprintf("quota %s, disk %s", human.Bytes(m.QuotaBytes), human.Bytes(m.volumeBytes())), explanation{
				"a database at its quota cannot be defragmented, because that writes a second copy; a full disk stops the member, while a full quota only stops writes",
				e.makeRoom(),
			}).of(m.Name))
		}
	}
	return found
}

// makeRoom returns one remedy for all volumes that are too small, so that the report has it once for all their members.
func (e *evidence) makeRoom() string {
	var claims []string
	var quota, fullest int64
	var smallest int64
	for _, m := range e.members {
		fullest = max(fullest, m.DBSizeBytes)
		if m.data.value.claim == nil || m.QuotaBytes <= 0 || m.volumeBytes() >= 2*m.QuotaBytes {
			continue
		}
		claims = append(claims, m.data.value.claim.Name)
		quota = max(quota, m.QuotaBytes)
		if smallest == 0 || m.volumeBytes() < smallest {
			smallest = m.volumeBytes()
		}
	}
	steps := []string{
		"expand the volumes, if their StorageClass allows it:",
		fmt.Sprintf(`%s --type=merge -p '{"spec":{"resources":{"requests":{"storage":"%s"}}}}'`,
			e.cluster.Kubectl("patch persistentvolumeclaim "+strings.Join(claims, " ")), advice.Quantity(2*quota)),
	}
	switch half := smallest / 2; {
	case half < judge.MinQuota || float64(fullest) >= judge.QuotaHigh*float64(half): // the databases would fill that quota
	case e.cluster.SealConfig != "":
		steps = append(steps, "or lower the quota, which restarts the members, one at a time:", e.cluster.Command("up --quota "+advice.Quantity(half)))
	default:
		steps = append(steps, fmt.Sprintf("or lower --quota-backend-bytes to %d (%s) in the configuration of the members", half, human.Bytes(half)))
	}
	return strings.Join(steps, "\n")
}

// volumeBytes returns the capacity of the claim that a member's data is on.
func (m memberEvidence) volumeBytes() int64 {
	return m.data.value.claim.Status.Capacity.Storage().Value()
}
