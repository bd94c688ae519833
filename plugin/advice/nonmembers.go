package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// failureText returns what a member's pod says about why etcd does not run in it.
func failureText(member cluster.Member) string { return member.PodProblem() + " " + member.LastExit() }

// wasMember reports whether etcd in a pod ended because its member was removed.
func wasMember(member cluster.Member) bool {
	return strings.Contains(failureText(member), cluster.Removed)
}

// neverMember reports whether a pod certainly never was a member: etcd in it does not find itself in its member list, or the
// initial cluster in its configuration does not contain it.
func (v view) neverMember(member cluster.Member) bool {
	initial := member.Server.Start.Initial
	switch {
	case wasMember(member):
		return false
	case strings.Contains(failureText(member), noLocalName):
		return true
	}
	return !v.ours() && len(initial) > 0 && !slices.Contains(initial, member.Name)
}

func (v view) noMemberText(m report.Member, voters int) string {
	if member, _ := v.Member(m.Name); wasMember(member) {
		return fmt.Sprintf("pod %q is no longer a member: it was removed from the cluster, which has %d voters left", m.Name, voters)
	}
	return fmt.Sprintf("pod %q is not a member of the cluster, which has %d voters", m.Name, voters)
}

// joinSteps returns the steps by which a pod that is no member becomes one, or is removed. Scaling a StatefulSet down removes
// its last pods. Pods that were members are added again instead, because a smaller cluster survives fewer losses.
func (v view) joinSteps(m report.Member, voters int) []string {
	member, _ := v.Member(m.Name)
	trouble := member.PodProblem()
	var steps []string
	if v.ours() {
		steps = append(steps, "if its replacement was interrupted:", v.Command("replace "+m.Name))
	}
	switch {
	case v.StatefulSet != nil && v.onlyExtraPods(voters) && (voters%2 == 1 || !v.ours()): // with an even number of voters another one is wanted
		return append(steps, "if the StatefulSet was scaled by hand, scale it back:", v.scale(voters))
	case v.ours():
		return steps
	case wasMember(member):
		return append([]string{"bring it back with a new member ID and without its old data:"}, v.rejoinWithoutData(m)...)
	case trouble != "" && member.LastExit() == "":
		return []string{fmt.Sprintf("it does not run (%s); find out why, and whether it should be a member:", trouble), v.Kubectl("describe pod " + m.Pod)}
	case v.StatefulSet != nil:
		return append([]string{"to bring it back after it was removed or lost its data, or to make it a member:"}, v.rejoinWithoutData(m)...)
	}
	return []string{"list the members, then add the pod as a member, or remove the pod:", v.etcdctl("member list")}
}

// onlyExtraPods reports whether the pods that are no members are exactly those that a StatefulSet of that many replicas would
// not have, and never were members.
func (v view) onlyExtraPods(voters int) bool {
	for i, member := range v.Members {
		m, found := v.status.Member(member.Name)
		if found && ((m.ID == "") != (i >= voters) || m.ID == "" && !v.neverMember(member)) {
			return false
		}
	}
	return true
}
