package advice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// membership warns of an even number of voters, and of one that differs from the StatefulSet's replicas. It does not warn
// while an operation is in progress or a voter may be added: learners, pods that are no members and members that never
// started have their own warnings. An even number is no warning without a quorum, as the membership cannot change then.
func (v view) membership() []report.Warning {
	voters := v.status.Voters()
	joining := slices.ContainsFunc(v.status.Members, func(m report.Member) bool {
		return m.Role == report.Learner || m.ID == "" && m.Pod != "" || v.unstarted(m)
	})
	if len(voters) == 0 || joining || v.status.Operation != "" {
		return nil
	}
	replicas := v.Replicas()
	switch elsewhere := v.elsewhere(voters); {
	case len(elsewhere) > 0:
		return warning(MembersElsewhere, fmt.Sprintf("these voters have no pod here, and the StatefulSet would not create one for them: %s; they run elsewhere, or they are permanently lost and still count toward the quorum", strings.Join(elsewhere, ", ")),
			"if they run in other namespaces or outside this Kubernetes cluster, check them there: the health shown here covers only the members that are visible here",
			"if one is permanently lost, remove it by its ID, which this command shows:", v.etcdctl("member list"))
	case v.StatefulSet != nil && replicas < len(voters):
		return warning(ReplicasDiffer, fmt.Sprintf("spec.replicas of the StatefulSet is %d, but the cluster has %d voters: those without a pod still count toward the quorum", replicas, len(voters)),
			v.scale(len(voters)))
	case v.StatefulSet != nil && replicas > len(voters):
		return warning(ReplicasDiffer, fmt.Sprintf("spec.replicas of the StatefulSet is %d, but the cluster has %d voters", replicas, len(voters)),
			v.scale(len(voters)))
	case len(voters)%2 == 0 && v.status.Quorum.Have >= v.status.Quorum.Need:
		return v.evenMembership(voters)
	}
	return nil
}

// elsewhere returns the names of the voters without a pod that the StatefulSet would not create one for.
func (v view) elsewhere(voters []report.Member) []string {
	var names []string
	for _, m := range voters {
		if v.StatefulSet != nil && m.Pod == "" && !strings.HasPrefix(m.Name, v.StatefulSet.Name+"-") {
			names = append(names, m.Name)
		}
	}
	return names
}

// evenMembership warns of an even number of voters. The remedy removes a healthy voter only if all are healthy. Otherwise it
// removes the one that is down, if that removes its pod too.
func (v view) evenMembership(voters []report.Member) []report.Warning {
	n := len(voters)
	message := fmt.Sprintf("%d voters need %d for a quorum and survive the loss of %d, as %d would, but with one more that can fail", n, n/2+1, judge.Tolerance(n), n-1)
	down := slices.DeleteFunc(slices.Clone(voters), func(m report.Member) bool { return m.Healthy })
	leaving := v.lastVoter(voters)
	if v.StatefulSet == nil && len(down) > 0 {
		leaving = down[len(down)-1]
	}
	switch {
	case len(down) > 0 && (leaving.Healthy || leaving.AccessDenied):
		return warning(EvenMembership, message, fmt.Sprintf("bring %s back before you add or remove a member", list(namesOf(down))))
	case len(down) > 0:
		return warning(EvenMembership, message, append([]string{fmt.Sprintf("bring %s back, or, if it is permanently lost, remove it:", leaving.Name)}, v.removeWithPod(leaving, n-1)...)...)
	case leaving.Name == v.status.Leader:
		return warning(EvenMembership, message, append([]string{"add a member, or remove one:", v.Command("move-leader")}, v.removeWithPod(leaving, n-1)...)...)
	}
	return warning(EvenMembership, message, append([]string{"add a member, or remove one:"}, v.removeWithPod(leaving, n-1)...)...)
}

// removeWithPod returns the steps that remove a voter and its pod; left is the number of voters afterwards.
func (v view) removeWithPod(m report.Member, left int) []string {
	steps := []string{v.removal(m)}
	switch {
	case v.StatefulSet != nil:
		return append(steps, v.scale(left))
	case m.Pod == "":
		return steps
	case v.Owner.Kind == cluster.OwnerNone:
		return append(steps, v.Kubectl("delete pod "+m.Pod))
	case v.Owner.Kind == cluster.OwnerNode:
		return append(steps, fmt.Sprintf("remove its manifest from node %q", m.Node))
	}
	return append(steps, fmt.Sprintf("keep %s from creating its pod again", v.Owner))
}

func namesOf(members []report.Member) []string {
	var names []string
	for _, m := range members {
		names = append(names, m.Name)
	}
	return names
}

// removal returns the command that removes a member.
func (v view) removal(m report.Member) string {
	return v.ctlOnOther(m) + "member remove " + cmp.Or(m.ID, "ID") + "   # " + m.Name
}

// ctlOnOther returns the command prefix that runs etcdctl on another member than m: a member that is removed stops before it
// has answered.
func (v view) ctlOnOther(m report.Member) string {
	ctl := "ctl"
	for _, other := range v.status.Voters() {
		if other.Healthy && other.ID != m.ID && other.Pod != "" && !slices.Contains(other.Alarms, pb.AlarmType_CORRUPT.String()) {
			ctl += " --member " + other.Name
			break
		}
	}
	return v.Command(ctl) + " -- "
}

// lastVoter returns the voter that a StatefulSet with one replica less would not have.
func (v view) lastVoter(voters []report.Member) report.Member {
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
	message := "the members run different versions, and the cluster has only the features of the oldest: " + v.status.VersionText()
	switch {
	case v.ours():
		return warning(VersionsMixed, message, "finish the upgrade:", v.Command("up"))
	case v.StatefulSet != nil && v.StatefulSet.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType:
		return warning(VersionsMixed, message, "its update strategy is OnDelete: find the pods of the old template, and delete them one at a time, each when all other members are healthy:",
			v.Kubectl("get pods "+strings.Join(v.pods(), " "))+" -L "+appsv1.ControllerRevisionHashLabelKey)
	case v.StatefulSet != nil:
		return warning(VersionsMixed, message, "check the progress of the rollout:", v.Kubectl("rollout status statefulset "+v.StatefulSet.Name))
	case v.Owner.Kind == cluster.OwnerNode:
		return warning(VersionsMixed, message, "upgrade the control plane on the nodes with an older version")
	}
	return warning(VersionsMixed, message, fmt.Sprintf("check how far %s has upgraded them:", v.Owner), v.Kubectl("get pods "+strings.Join(v.pods(), " ")))
}

// pods returns the names of the members' existing pods.
func (v view) pods() []string {
	var names []string
	for _, m := range v.Members {
		if m.Pod != nil {
			names = append(names, m.PodName)
		}
	}
	return names
}
