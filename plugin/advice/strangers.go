package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// lastWords returns what the pod of a member tells of why etcd does not run there.
func lastWords(place cluster.Member) string { return place.Trouble() + " " + place.LastExit() }

// wasMember reports whether a pod's etcd says that its member was removed.
func wasMember(place cluster.Member) bool { return strings.Contains(lastWords(place), cluster.Removed) }

// neverMember reports whether a pod is known not to have been a member: it finds itself in no list of members, or was not
// told of itself when the cluster began.
func (v view) neverMember(place cluster.Member) bool {
	initial := place.Server.Start.Initial
	switch {
	case wasMember(place):
		return false
	case strings.Contains(lastWords(place), noLocalName):
		return true
	}
	return !v.ours() && len(initial) > 0 && !slices.Contains(initial, place.Name)
}

func (v view) noMemberText(m report.Member, voters int) string {
	if place, _ := v.Member(m.Name); wasMember(place) {
		return fmt.Sprintf("pod %q is no member any more: it was removed from the cluster, which has %d voters left", m.Name, voters)
	}
	return fmt.Sprintf("pod %q is no member of the cluster, which has %d voters", m.Name, voters)
}

// join says how a pod that is no member becomes one, or goes. A StatefulSet that is scaled gives up its last pods, whoever
// they are; those that were members come back instead, because a smaller cluster survives less.
func (v view) join(m report.Member, voters int) []string {
	place, _ := v.Member(m.Name)
	trouble := place.Trouble()
	var steps []string
	if v.ours() {
		steps = append(steps, "where its replacement was interrupted:", v.Command("replace "+m.Name))
	}
	switch {
	case v.StatefulSet != nil && v.beyond(voters) && (voters%2 == 1 || !v.ours()): // an even number waits for its odd one
		return append(steps, "where the StatefulSet was scaled by hand, scale it back:", v.scale(voters))
	case v.ours():
		return steps
	case wasMember(place):
		return append([]string{"bring it back, under a new identity and without its old data:"}, v.anew(m)...)
	case trouble != "" && place.LastExit() == "":
		return []string{fmt.Sprintf("it does not run (%s); see why, and whether it is to be one:", trouble), v.Kubectl("describe pod " + m.Pod)}
	case v.StatefulSet != nil:
		return append([]string{"to bring it back, where it was removed or has lost its data, or to make it one:"}, v.anew(m)...)
	}
	return []string{"see which members there are, and add it, or remove the pod:", v.etcdctl("member list")}
}

// beyond reports whether the pods that are no members are those that a StatefulSet of that many would not have, and were
// never members.
func (v view) beyond(voters int) bool {
	for i, place := range v.Members {
		m, found := v.status.Member(place.Name)
		if found && ((m.ID == "") != (i >= voters) || m.ID == "" && !v.neverMember(place)) {
			return false
		}
	}
	return true
}
