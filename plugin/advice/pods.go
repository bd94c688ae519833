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

// down warns of pods that do not run, with Kubernetes' reason or etcd's last word. One that is on its way, and of which there
// is no reason yet, is no ground for a warning; one with a warning of its own needs no second.
func (v view) down() []report.Warning {
	var texts []string
	stuck := map[string][]cluster.Member{} // by what is wrong: a quota stops all of them
	for _, place := range v.Members {
		m, _ := v.status.Member(place.Name)
		text := why(place)
		if text == "" || m.Version != "" || m.Healthy || len(v.member(m)) > 0 {
			continue
		}
		if stuck[text] == nil {
			texts = append(texts, text)
		}
		stuck[text] = append(stuck[text], place)
	}
	var found []report.Warning
	for _, text := range texts {
		var names []string
		for _, place := range stuck[text] {
			names = append(names, place.PodName)
		}
		found = append(found, one(PodDown, fmt.Sprintf("%s: etcd does not run: %s", list(names), text), v.mend(stuck[text][0])...)...)
	}
	return found
}

// why says why a pod does not run, where that is more than that it is on its way.
func why(place cluster.Member) string {
	trouble := place.Trouble()
	switch last := place.CrashLoop(); {
	case trouble == "" && last != "":
		return "it ends after each start, " + last
	case last != "", strings.ContainsAny(trouble, ":"):
		return trouble
	}
	return ""
}

// Mend is what to look at and to do about a member whose pod does not run, one step a line.
func Mend(c *cluster.Cluster, place cluster.Member) string {
	return lines(view{Cluster: c}.mend(place))
}

// mend is what to look at and to do about a pod that does not run.
func (v view) mend(place cluster.Member) []string {
	waits, waiting := place.WaitsFor()
	switch {
	case place.Pod == nil && strings.Contains(place.News, "exceeded quota"):
		return []string{"raise the quota, or let the pods request less:", v.Kubectl("describe resourcequota")}
	case place.Pod == nil && v.StatefulSet != nil:
		return []string{"the pod cannot be made; its StatefulSet says why:", v.Kubectl("describe statefulset " + v.StatefulSet.Name)}
	case place.Pod == nil:
		return []string{v.Kubectl("get events")}
	case place.Pod.DeletionTimestamp != nil && place.Node() != "":
		return []string{"the pod stays until its node is back, or is deleted:", v.KubectlEverywhere("get nodes")}
	case place.OOMKilled() != "":
		return v.moreMemory(place)
	case place.Over():
		return v.remake(place)
	case waiting && (waits.State.Running != nil || waits.LastTerminationState.Terminated != nil || waits.State.Terminated != nil):
		return []string{fmt.Sprintf("etcd is started once init container %q is done; its log says what keeps it:", waits.Name), v.logOf(place, waits)}
	case otherCPU(place):
		return []string{"its program is for another CPU than its node has: take an image for that, or a node for the image:", v.KubectlEverywhere("get nodes -L " + corev1.LabelArchStable)}
	case place.ProbeFails != "" && place.LogTells():
		return v.mendProbe(place)
	case diskFull(place) && place.LogTells():
		return v.moreSpace(place)
	case place.LogTells():
		return []string{"its log says why:", v.lastLog(place.Name)}
	case place.Node() == "" && place.News == "":
		return v.findNode(place)
	}
	return v.missing(place)
}

// otherCPU reports whether the program of a member's image is for another CPU than its node has.
func otherCPU(place cluster.Member) bool {
	return strings.Contains(lastWords(place), "exec format error")
}

// missing is what to do where Kubernetes lacks something to start a pod with: an image, a Secret, a volume.
func (v view) missing(place cluster.Member) []string {
	steps := []string{"make what is missing, and the pod starts by itself; " + v.correct(place), v.Kubectl("describe pod " + place.PodName)}
	if claim := claimOf(place); place.Node() == "" && claim != "" {
		steps = append(steps, v.Kubectl("describe persistentvolumeclaim "+claim))
	}
	return steps
}

// correct says what to do about a pod whose spec is wrong.
func (v view) correct(place cluster.Member) string {
	return "where its spec is wrong, " + v.write(place) + ":"
}

// write says how a pod's spec is changed. What an operator makes it sets back.
func (v view) write(place cluster.Member) string {
	switch owner := metav1.GetControllerOf(place.Pod); {
	case owner == nil:
		return "correct its manifest, delete the pod, and apply the manifest"
	case owner.Kind == string(cluster.OwnerNode):
		return fmt.Sprintf("correct its manifest on node %q", place.Node())
	case !slices.Contains([]cluster.OwnerKind{cluster.OwnerStatefulSet, "Deployment", "DaemonSet", "ReplicaSet"}, v.Owner.Kind):
		return fmt.Sprintf("correct it in %s, and delete the pod", v.Owner)
	}
	return "correct its template, and delete the pod"
}

// remake is what to do about a pod that has ended for good.
func (v view) remake(place cluster.Member) []string {
	var steps []string
	if container := place.LastEnded(); container != "" && place.Pod.Status.Reason == "" {
		steps = append(steps, "its log says why:", v.Kubectl(fmt.Sprintf("logs %s -c %s --tail=20", place.PodName, container)))
	}
	switch owner := metav1.GetControllerOf(place.Pod); {
	case owner == nil:
		return append(steps,
			"the pod does not start again; where its spec is wrong, "+v.write(place)+"; else make it again as it is, on the same node, without what was in an emptyDir:",
			v.Kubectl("get pod "+place.PodName+" -o yaml")+" | "+v.Kubectl("replace --force -f -"))
	case owner.Kind == string(cluster.OwnerNode):
		return append(steps, fmt.Sprintf("the pod does not start again; the kubelet of node %q makes it again when its manifest changes:", place.Node()), v.Kubectl("describe pod "+place.PodName))
	default:
		return append(steps, fmt.Sprintf("the pod does not start again; once what ended it is mended, delete it, and its %s makes another:", owner.Kind), v.Kubectl("delete pod "+place.PodName))
	}
}

// logOf is what to type to read what a container said before it ended, or what it says now where it never has.
func (v view) logOf(place cluster.Member, s corev1.ContainerStatus) string {
	which := "--tail=20"
	if s.LastTerminationState.Terminated != nil {
		which = "--previous --tail=20"
	}
	return v.Kubectl(fmt.Sprintf("logs %s -c %s %s", place.PodName, s.Name, which))
}

// claimOf returns the name of the first volume claim of a member's pod, or "".
func claimOf(place cluster.Member) string {
	for _, volume := range place.Pod.Spec.Volumes {
		if volume.PersistentVolumeClaim != nil {
			return volume.PersistentVolumeClaim.ClaimName
		}
	}
	return ""
}

// lastLog is what to type to read what a member's etcd said before it ended: where it was started again, what it says now
// tells nothing of that.
func (v view) lastLog(member string) string {
	place, _ := v.Member(member)
	if place.LastExit() == "" {
		return v.logs(member, "--tail=20")
	}
	return v.logs(member, "--previous --tail=20")
}

// othersDown returns the names of the voters beside one that are not healthy.
func (v view) othersDown(name string) []string {
	voters := v.status.Voters()
	return namesOf(slices.DeleteFunc(voters, func(m report.Member) bool { return m.Healthy || m.Name == name }))
}

// bringBack comes before a healthy member is touched: with another one down the quorum would hang by those that are left.
func (v view) bringBack(down []string) []string {
	return []string{fmt.Sprintf("bring %s back first, and look again: until then every other member is needed for the quorum", list(down))}
}
