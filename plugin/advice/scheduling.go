package advice

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// findNode returns the steps for a pod that cannot be scheduled, by the scheduler's reasons (kubernetes,
// pkg/scheduler/framework/plugins, ErrReason).
func (v view) findNode(member cluster.Member) []string {
	said := member.Unschedulable()
	var steps []string
	for _, cause := range []struct{ words, do, command string }{
		{"node affinity/selector", "no node has the labels that its nodeSelector or affinity requires" + selectorText(member.Pod.Spec) + ": label a node, or change what the pod requires:", v.KubectlEverywhere("get nodes --show-labels")},
		{"untolerated taint", "nodes have a taint that the pod does not tolerate: remove the taint, or add a toleration to the pod:", v.KubectlEverywhere("get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints")},
		{"were unschedulable", "nodes are cordoned; \"kubectl uncordon NODE\" undoes that:", v.KubectlEverywhere("get nodes")},
		{"Insufficient ", "reduce the requests of the pod, or add a node:", v.KubectlEverywhere("describe nodes")},
		{"anti-affinity rules", "its anti-affinity, or that of another pod, allows it on no node: add a node:", v.Kubectl("get pods -o wide")},
		{"topology spread constraints", "its topologySpreadConstraints allow it on no node: add a node in another zone, or relax them:", v.KubectlEverywhere("get nodes -L " + corev1.LabelTopologyZone)},
		{"PersistentVolume's node affinity", "its volume is in a zone or on a node where the pod cannot run: bring that zone or node back:", v.KubectlEverywhere("get nodes -L " + corev1.LabelTopologyZone)},
	} {
		if strings.Contains(said, cause.words) {
			steps = append(steps, cause.do, cause.command)
		}
	}
	if steps == nil {
		return v.missingRemedy(member)
	}
	return append(steps, v.correctSpec(member), v.Kubectl("describe pod "+member.PodName))
}

// selectorText returns the labels of a pod's nodeSelector in brackets, or "".
func selectorText(spec corev1.PodSpec) string {
	var labels []string
	for key, value := range spec.NodeSelector {
		labels = append(labels, key+"="+value)
	}
	slices.Sort(labels)
	if len(labels) == 0 {
		return ""
	}
	return " (" + strings.Join(labels, ", ") + ")"
}
