package advice

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// podsDown warns of pods that do not run, with the reason from Kubernetes or etcd's last output. It skips pods that are
// starting without a reason for trouble, and members with another warning.
func (v view) podsDown() []report.Warning {
	var texts []string
	stuck := map[string][]cluster.Member{} // by reason: pods with the same one share a warning
	for _, member := range v.Members {
		m, _ := v.status.Member(member.Name)
		text := downReason(member)
		if text == "" || m.Version != "" || m.Healthy || len(v.member(m)) > 0 {
			continue
		}
		if stuck[text] == nil {
			texts = append(texts, text)
		}
		stuck[text] = append(stuck[text], member)
	}
	var found []report.Warning
	for _, text := range texts {
		var names []string
		for _, member := range stuck[text] {
			names = append(names, member.PodName)
		}
		found = append(found, warning(PodDown, fmt.Sprintf("%s: etcd does not run: %s", list(names), text), v.downRemedy(stuck[text][0])...)...)
	}
	return found
}

// downReason returns why a pod does not run, or "" if it runs or is only starting.
func downReason(member cluster.Member) string {
	trouble := member.PodProblem()
	switch last := member.CrashLoop(); {
	case trouble == "" && last != "":
		return "it exits after each start, " + last
	case last != "", strings.ContainsAny(trouble, ":"):
		return trouble
	}
	return ""
}

// DownRemedy returns the steps to find and correct why a member's pod does not run, one a line.
func DownRemedy(c *cluster.Cluster, member cluster.Member) string {
	return lines(view{Cluster: c}.downRemedy(member))
}

// downRemedy returns the steps to find and correct why a member's pod does not run.
func (v view) downRemedy(member cluster.Member) []string {
	waits, waiting := member.WaitsFor()
	switch {
	case member.Pod == nil && strings.Contains(member.News, "exceeded quota"):
		return []string{"raise the quota, or reduce the requests of the pods:", v.Kubectl("describe resourcequota")}
	case member.Pod == nil && v.StatefulSet != nil:
		return []string{"the pod cannot be created; the events of its StatefulSet say why:", v.Kubectl("describe statefulset " + v.StatefulSet.Name)}
	case member.Pod == nil:
		return []string{v.Kubectl("get events")}
	case member.Pod.DeletionTimestamp != nil && member.Node() != "":
		return []string{"the pod remains until its node is back or the node is deleted:", v.KubectlEverywhere("get nodes")}
	case member.OOMKilled() != "":
		return v.moreMemory(member)
	case member.Over():
		return v.endedRemedy(member)
	case waiting && (waits.State.Running != nil || waits.LastTerminationState.Terminated != nil || waits.State.Terminated != nil):
		return []string{fmt.Sprintf("etcd starts only after init container %q has completed; its log says why it has not:", waits.Name), v.logOf(member, waits)}
	case otherCPU(member):
		return []string{"its image is for another CPU architecture than its node: use an image for the node, or a node for the image:", v.KubectlEverywhere("get nodes -L " + corev1.LabelArchStable)}
	case member.ProbeFails != "" && member.LogTells():
		return v.mendProbe(member)
	case diskFull(member) && member.LogTells():
		return v.moreSpace(member)
	case member.LogTells():
		return []string{"its log says why:", v.lastLog(member.Name)}
	case member.Node() == "" && member.News == "":
		return v.findNode(member)
	}
	return v.missingRemedy(member)
}

// otherCPU reports whether a member's image is for another CPU architecture than its node's.
func otherCPU(member cluster.Member) bool {
	return strings.Contains(failureText(member), "exec format error")
}

// missingRemedy returns the steps if something is missing that the pod needs to start: an image, a Secret, a volume.
func (v view) missingRemedy(member cluster.Member) []string {
	steps := []string{"create what is missing, and the pod starts by itself; " + v.correctSpec(member), v.Kubectl("describe pod " + member.PodName)}
	if claim := claimOf(member); member.Node() == "" && claim != "" {
		steps = append(steps, v.Kubectl("describe persistentvolumeclaim "+claim))
	}
	return steps
}

// correctSpec returns the prose of a step that corrects a pod's spec.
func (v view) correctSpec(member cluster.Member) string {
	return "if its spec is wrong, " + v.howToCorrect(member) + ":"
}

// howToCorrect returns where a pod's spec is changed. An operator reverts changes to what it creates, so that its custom
// resource is changed.
func (v view) howToCorrect(member cluster.Member) string {
	switch owner := metav1.GetControllerOf(member.Pod); {
	case owner == nil:
		return "correct its manifest, delete the pod, and apply the manifest"
	case owner.Kind == string(cluster.OwnerNode):
		return fmt.Sprintf("correct its manifest on node %q", member.Node())
	case !slices.Contains([]cluster.OwnerKind{cluster.OwnerStatefulSet, "Deployment", "DaemonSet", "ReplicaSet"}, v.Owner.Kind):
		return fmt.Sprintf("correct it in %s, and delete the pod", v.Owner)
	}
	return "correct its template, and delete the pod"
}

// endedRemedy returns the steps for a pod that has ended and does not start again.
func (v view) endedRemedy(member cluster.Member) []string {
	var steps []string
	if container := member.LastEnded(); container != "" && member.Pod.Status.Reason == "" {
		steps = append(steps, "its log says why:", v.Kubectl(fmt.Sprintf("logs %s -c %s --tail=20", member.PodName, container)))
	}
	switch owner := metav1.GetControllerOf(member.Pod); {
	case owner == nil:
		return append(steps,
			"the pod does not start again; if its spec is wrong, "+v.howToCorrect(member)+"; otherwise recreate it unchanged, on the same node (what is in an emptyDir is lost):",
			v.Kubectl("get pod "+member.PodName+" -o yaml")+" | "+v.Kubectl("replace --force -f -"))
	case owner.Kind == string(cluster.OwnerNode):
		return append(steps, fmt.Sprintf("the pod does not start again; the kubelet of node %q recreates it when its manifest changes:", member.Node()), v.Kubectl("describe pod "+member.PodName))
	default:
		return append(steps, fmt.Sprintf("the pod does not start again; once the cause is corrected, delete it, and its %s creates another:", owner.Kind), v.Kubectl("delete pod "+member.PodName))
	}
}

// logOf returns the command that shows a container's log: of its previous run if it has ended before.
func (v view) logOf(member cluster.Member, s corev1.ContainerStatus) string {
	which := "--tail=20"
	if s.LastTerminationState.Terminated != nil {
		which = "--previous --tail=20"
	}
	return v.Kubectl(fmt.Sprintf("logs %s -c %s %s", member.PodName, s.Name, which))
}

// claimOf returns the name of the first volume claim of a member's pod, or "".
func claimOf(member cluster.Member) string {
	for _, volume := range member.Pod.Spec.Volumes {
		if volume.PersistentVolumeClaim != nil {
			return volume.PersistentVolumeClaim.ClaimName
		}
	}
	return ""
}

// lastLog returns the command that shows the log of a member's etcd: of its previous run if it has ended before, as the log of
// the current one does not say why.
func (v view) lastLog(member string) string {
	m, _ := v.Member(member)
	if m.LastExit() == "" {
		return v.logs(member, "--tail=20")
	}
	return v.logs(member, "--previous --tail=20")
}

// othersDown returns the names of the unhealthy voters other than name.
func (v view) othersDown(name string) []string {
	voters := v.status.Voters()
	return namesOf(slices.DeleteFunc(voters, func(m report.Member) bool { return m.Healthy || m.Name == name }))
}

// bringBack returns the step that must come before a healthy member is changed while others are down: without them the quorum
// needs every other member.
func (v view) bringBack(down []string) []string {
	return []string{fmt.Sprintf("bring %s back first, then run \"kubectl etcd status\" again for the next steps: until then the quorum needs every other member", list(down))}
}
