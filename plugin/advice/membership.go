package advice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// membership warns of a number of voters that is unwise, or not what the StatefulSet asks for. While an operation is
// under way, or somebody is to become a voter, that is on its way: learners and strangers have warnings of their own.
func (v view) membership() []report.Warning {
	voters := v.status.Voters()
	learners := 0
	strangers := 0
	for _, m := range v.status.Members {
		switch {
		case m.Role == report.Learner:
			learners++
		case m.ID == "" && m.Pod != "":
			strangers++
		}
	}
	if len(voters) == 0 || learners > 0 || strangers > 0 || v.status.Operation != "" {
		return nil
	}
	replicas := v.Replicas()
	switch elsewhere := v.elsewhere(voters); {
	case len(elsewhere) > 0:
		return one(MembersElsewhere, fmt.Sprintf("%s vote, and no pod here is theirs, nor would one of the StatefulSet's be: they run elsewhere, or they are gone for good and count for the quorum all the same", strings.Join(elsewhere, ", ")),
			"where they run in other namespaces or outside of this Kubernetes, ask them there: what is said here of health counts those alone that are seen",
			"where one is gone for good, remove it by its ID, which this lists:", v.etcdctl("member list"))
	case v.StatefulSet != nil && replicas < len(voters):
		return one(ReplicasDiffer, fmt.Sprintf("spec.replicas of the StatefulSet is %d, and the cluster has %d voters: those without a pod count for the quorum all the same", replicas, len(voters)),
			v.scale(len(voters)))
	case v.StatefulSet != nil && replicas > len(voters):
		return one(ReplicasDiffer, fmt.Sprintf("spec.replicas of the StatefulSet is %d, and the cluster has %d voters", replicas, len(voters)),
			v.scale(len(voters)))
	case len(voters)%2 == 0:
		return v.even(voters)
	}
	return nil
}

// elsewhere returns the voters that have no pod here and could have none by the StatefulSet's making.
func (v view) elsewhere(voters []report.Member) []string {
	var names []string
	for _, m := range voters {
		if v.StatefulSet != nil && m.Pod == "" && !strings.HasPrefix(m.Name, v.StatefulSet.Name+"-") {
			names = append(names, m.Name)
		}
	}
	return names
}

func (v view) even(voters []report.Member) []report.Warning {
	n := len(voters)
	message := fmt.Sprintf("%d voters need %d for a quorum and survive the loss of %d, as %d would, with one more that can fail", n, n/2+1, judge.Tolerance(n), n-1)
	last := v.last(voters)
	steps := []string{"add a member, or remove one:"}
	if last.Name == v.status.Leader {
		steps = append(steps, v.Command("move-leader"))
	}
	steps = append(steps, v.removal(last))
	if v.StatefulSet != nil {
		steps = append(steps, v.scale(n-1))
	}
	return one(EvenMembership, message, steps...)
}

// removal is what takes a member out.
func (v view) removal(m report.Member) string {
	return v.others(m) + "member remove " + cmp.Or(m.ID, "ID") + "   # " + m.Name
}

// others is what to type to run etcdctl where another member is asked: the one that goes stops before it has answered.
func (v view) others(m report.Member) string {
	ctl := "ctl"
	for _, other := range v.status.Voters() {
		if other.Healthy && other.ID != m.ID && other.Pod != "" && !slices.Contains(other.Alarms, alarmCorrupt) {
			ctl += " --member " + other.Name
			break
		}
	}
	return v.Command(ctl) + " -- "
}

// last returns the voter that a StatefulSet of one less would not have.
func (v view) last(voters []report.Member) report.Member {
	for i := len(v.Members) - 1; i >= 0; i-- {
		for _, m := range voters {
			if m.Name == v.Members[i].Name {
				return m
			}
		}
	}
	return voters[len(voters)-1]
}

func (v view) versions() []report.Warning {
	if len(v.status.Versions()) <= 1 {
		return nil
	}
	message := "the members run several versions, and the cluster works as the oldest: " + v.status.VersionText()
	switch {
	case v.ours():
		return one(VersionsMixed, message, "finish the upgrade:", v.Command("up"))
	case v.StatefulSet != nil:
		return one(VersionsMixed, message, "see how far the rollout is:", v.Kubectl("rollout status statefulset "+v.StatefulSet.Name))
	case v.Owner.Kind == cluster.OwnerNode:
		return one(VersionsMixed, message, "upgrade the control plane of the nodes that are behind")
	}
	return one(VersionsMixed, message, fmt.Sprintf("see how far %s is with it:", v.Owner), v.Kubectl("get pods "+strings.Join(v.pods(), " ")))
}

// pods returns the names of the pods there are.
func (v view) pods() []string {
	var names []string
	for _, m := range v.Members {
		if m.Pod != nil {
			names = append(names, m.PodName)
		}
	}
	return names
}
