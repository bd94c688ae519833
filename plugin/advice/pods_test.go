package advice

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// neverBegins makes the last termination of the second pod's container a StartError: its command could not be started.
func neverBegins(s *subject) {
	last := s.cluster.Members[1].Pod.Status.ContainerStatuses[0].LastTerminationState.Terminated
	last.Reason, last.Message = "StartError", `exec: "/usr/bin/etcd": no such file or directory`
}

// podVerdicts are the cases of pods that do not run, or are not Ready.
func podVerdicts() []verdict {
	return []verdict{
		{"no pod can be made", well(3).each(func(m *report.Member) { down(m); m.ID, m.Pod = "", "" }).with(noQuorum).with(quotaDenies), []string{NoQuorum, PodDown}},
		{"a pod lacks a Secret", well(3).member(1, down).with(waits(1, "ContainerCreating", "", `FailedMount: secret "typo" not found`)), []string{PodDown}},
		{"a pod is being made", well(3).member(1, down).with(waits(1, "ContainerCreating", "", "")), nil},
		{"a pod has no image", well(3).otherDeployment().member(1, down).with(waits(1, "ErrImagePull", "no such tag", "")), []string{PodDown}},
		{"a pod has no volume", well(1).otherDeployment().each(down).with(noQuorum).with(func(s *subject) {
			m := &s.cluster.Members[0]
			m.News, m.Pod.Spec.NodeName, m.Pod.Status.Phase = "ProvisioningFailed: no such class", "", corev1.PodPending
			m.Pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes"}}
		}), []string{NoQuorum, PodDown}},
		{"a pod's node is gone", well(3).member(1, down).with(func(s *subject) {
			s.cluster.Members[1].Pod.DeletionTimestamp = &metav1.Time{}
			s.cluster.Members[1].News = `node "node-1" is not Ready: NodeStatusUnknown: Kubelet stopped posting node status.`
		}), []string{PodDown}},
		{"the only etcd ends after each start, and runs at this moment", well(1).otherDeployment().each(down).with(noQuorum).with(func(s *subject) {
			ends(0, 2, "flag provided but not defined: -name x")(s)
			s.cluster.Members[0].Pod.Status.ContainerStatuses[0].State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
		}), []string{NoQuorum, PodDown}},
		{"one of ours ends after each start", well(3).member(1, down).with(ends(1, 1, "no space left on device")), []string{PodDown}},
		{"one cannot be started, and has no log", well(3).member(1, down).with(ends(1, 128, "")).with(neverBegins), []string{PodDown}},
		{"one of others cannot be started, and has no log", well(3).otherDeployment().member(1, down).with(ends(1, 128, "")).with(neverBegins), []string{PodDown}},
		{"one ended before, and a ConfigMap is gone", well(3).member(1, down).with(ends(1, 0, "")).with(func(s *subject) {
			s.cluster.Members[1].Pod.Status.ContainerStatuses[0].State.Waiting = &corev1.ContainerStateWaiting{Reason: "CreateContainerConfigError", Message: `configmap "etcd-seal" not found`}
		}), []string{PodDown}},
		{"a sidecar crashes", well(3).with(func(s *subject) {
			s.cluster.Members[1].Pod.Status.ContainerStatuses = []corev1.ContainerStatus{
				{Name: "etcd", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}},
				{Name: "backup", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}, LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1}}},
			}
		}), []string{SidecarFails}},
	}
}
