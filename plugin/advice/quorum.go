package advice

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// bootstrapped is what etcd says when it starts without data under an identity that the others know to have started
// (server/etcdserver/bootstrap.go).
const bootstrapped = "has already been bootstrapped"

// quorum warns where there is none. A single linearizable read that was answered shows that there is one.
func (v view) quorum() []report.Warning {
	if v.status.Quorum.Have > 0 || v.status.Bar() != "" || len(v.status.Members) == 0 {
		return nil
	}
	voters := len(v.status.Voters())
	if voters == 0 {
		voters = len(v.Members) // nobody told
	}
	message := fmt.Sprintf("no quorum: 0 of %d voters healthy, %d needed; nothing can be written, nor read with certainty", voters, v.status.Quorum.Need)
	var runs, down []string
	podless, wanted := false, 0
	for _, m := range v.status.Members {
		switch {
		case m.ID == "" && len(v.status.Voters()) > 0: // a pod that is no member does not help
		case m.Version != "":
			runs = append(runs, m.Name)
		case m.Pod != "":
			down = append(down, m.Pod)
		default:
			podless, wanted = true, max(wanted, v.ordinal(m.Name)+1)
		}
	}
	var steps []string
	if missing := v.status.Quorum.Need - len(runs); missing > 0 {
		steps = append(steps, fmt.Sprintf("at least %d of those that do not run have to:", missing))
	} else {
		steps = append(steps, "enough of them run: see whether they reach each other's peer ports, and what they log")
	}
	if len(down) > 0 {
		steps = append(steps, v.Kubectl("describe pod "+strings.Join(down, " ")))
	}
	switch {
	case wanted > v.Replicas():
		steps = append(steps, v.scale(wanted))
	case podless:
		steps = append(steps, v.Kubectl("get events"))
	}
	if len(runs) > 0 {
		steps = append(steps, "save what one has that runs, before anything is deleted:", v.Command("proxy --member "+runs[0])+" -- etcdctl snapshot save etcd.db")
	}
	if len(runs) > 0 || len(v.down()) == 0 || len(v.status.Voters()) > 0 { // else Kubernetes says what is wrong with each pod
		steps = append(steps, "where the data of a majority is lost for good, restore the cluster from a snapshot")
	}
	return one(NoQuorum, message, steps...)
}

// ordinal returns which pod of the StatefulSet a member of that name would have, or -1 where it would have none.
func (v view) ordinal(member string) int {
	if v.StatefulSet == nil {
		return -1
	}
	set, n := cluster.Ordinal(member)
	if set != v.StatefulSet.Name {
		return -1
	}
	return n
}

// fails warns of a member that does not stay up, where no seal tells why. That its data is gone is what a restart does
// not mend.
func (v view) fails(m report.Member) []report.Warning {
	place, _ := v.Member(m.Name)
	outside := place.OOMKilled() != "" || place.ProbeFails != "" || otherCPU(place) || diskFull(place) // a new identity mends none of these
	if outside || m.Version != "" || v.status.Quorum.Have == 0 || len(v.status.Voters()) < 2 {
		return nil
	}
	last := place.CrashLoop()
	switch {
	case refusesItsIdentity(m.Error), refusesItsIdentity(last):
		return one(DataLost, fmt.Sprintf("member %q has lost its data, or what it has is of no use; its identity does not start without", m.Name), v.anew(m)...)
	case last == "", !place.LogTells():
		return nil
	}
	steps := []string{
		"its log says why:", v.lastLog(m.Name),
		fmt.Sprintf("where that is %q or %q, its data is lost or of no use, and it needs a new identity:", bootstrapped, cluster.Removed),
	}
	return one(MemberFails, fmt.Sprintf("etcd of member %q does not answer, and has ended more than once", m.Name), append(steps, v.anew(m)...)...)
}

// refusesItsIdentity reports whether a member's last words are that the others know its identity and it has no data for it:
// no later start ends otherwise, so the first one is enough to say so.
func refusesItsIdentity(words string) bool {
	return strings.Contains(words, bootstrapped) || strings.Contains(words, cluster.Removed)
}
