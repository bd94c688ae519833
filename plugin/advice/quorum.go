package advice

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// bootstrapped is part of etcd's error when it starts without data under a member ID that has started before
// (server/etcdserver/bootstrap.go).
const bootstrapped = "has already been bootstrapped"

// quorum warns of a lost quorum. A single answered linearizable read proves that there is one.
func (v view) quorum() []report.Warning {
	if v.status.Quorum.Have > 0 || v.status.AccessError() != "" || len(v.status.Members) == 0 {
		return nil
	}
	voters := len(v.status.Voters())
	if voters == 0 {
		voters = len(v.Members) // no member answered
	}
	message := fmt.Sprintf("no quorum: 0 of %d voters healthy, %d needed; no write and no linearizable read is possible", voters, v.status.Quorum.Need)
	var running, down []string
	withoutPod, replicas := false, 0
	for _, m := range v.status.Members {
		switch {
		case m.ID == "" && len(v.status.Voters()) > 0: // a pod that is no member does not help
		case m.Version != "":
			running = append(running, m.Name)
		case m.Pod != "":
			down = append(down, m.Pod)
		default:
			withoutPod, replicas = true, max(replicas, v.ordinal(m.Name)+1)
		}
	}
	var steps []string
	if missing := v.status.Quorum.Need - len(running); missing > 0 {
		steps = append(steps, fmt.Sprintf("at least %d of the members that do not run must start:", missing))
	} else {
		steps = append(steps, "enough members run: check whether they reach each other's peer ports, and what they log")
	}
	if len(down) > 0 {
		steps = append(steps, v.Kubectl("describe pod "+strings.Join(down, " ")))
	}
	switch {
	case replicas > v.Replicas():
		steps = append(steps, v.scale(replicas))
	case withoutPod:
		steps = append(steps, v.Kubectl("get events"))
	}
	if len(running) > 0 {
		steps = append(steps, "save the data of a running member before you delete anything:", v.Command("proxy --member "+running[0])+" -- etcdctl snapshot save etcd.db")
	}
	if len(running) > 0 || len(v.podsDown()) == 0 || len(v.status.Voters()) > 0 { // otherwise Kubernetes' own reasons explain why each pod is down
		steps = append(steps, "if the data of a majority is permanently lost, restore the cluster from a snapshot")
	}
	return warning(NoQuorum, message, steps...)
}

// ordinal returns the ordinal of the StatefulSet's pod for a member of that name, or -1 if there is none.
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

// memberFails warns of a member of a cluster without a seal that ends again and again. It names lost data as the cause only if
// etcd's last output shows it.
func (v view) memberFails(m report.Member) []report.Warning {
	member, _ := v.Member(m.Name)
	otherCause := member.OOMKilled() != "" || member.ProbeFails != "" || otherCPU(member) || diskFull(member) // a new member ID corrects none of these
	if otherCause || m.Version != "" || v.status.Quorum.Have == 0 || len(v.status.Voters()) < 2 {
		return nil
	}
	last := member.CrashLoop()
	switch {
	case refusesItsIdentity(m.Error), refusesItsIdentity(last):
		return warning(DataLost, fmt.Sprintf("member %q has lost its data, or its data is unusable; without it, etcd does not start under this member ID", m.Name), v.rejoinWithoutData(m)...)
	case last == "", !member.LogTells():
		return nil
	}
	steps := []string{
		"its log says why:", v.lastLog(m.Name),
		fmt.Sprintf("if the log says %q or %q, its data is lost or unusable, and it needs a new member ID:", bootstrapped, cluster.Removed),
	}
	return warning(MemberFails, fmt.Sprintf("etcd of member %q does not answer, and has ended more than once", m.Name), append(steps, v.rejoinWithoutData(m)...)...)
}

// refusesItsIdentity reports whether a member ended because the others know its ID and it has no data for it. Each later start
// ends the same way, so that one is enough.
func refusesItsIdentity(words string) bool {
	return strings.Contains(words, bootstrapped) || strings.Contains(words, cluster.Removed)
}
