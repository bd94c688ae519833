package advice

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// secondDown makes the second member one that is down, and changes it.
func secondDown(s *subject, change func(*cluster.Member)) *subject {
	return s.member(1, down).with(func(s *subject) { change(&s.cluster.Members[1]) })
}

// oomKilled makes a member's etcd one that is OOM-killed again and again; limit is its memory limit, or "".
func oomKilled(limit string) func(*cluster.Member) {
	return func(m *cluster.Member) {
		m.Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "etcd", RestartCount: 4,
			State:                corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137}},
		}}
		if limit == "" {
			return
		}
		memory := corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(limit)}
		m.Pod.Spec.Containers[0].Resources = corev1.ResourceRequirements{Limits: memory, Requests: memory}
	}
}

// onEmptyDir puts a member's data on an emptyDir.
func onEmptyDir(m *cluster.Member) {
	m.Pod.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
}

// initContainer gives a member an init container in a state, on which etcd waits.
func initContainer(state corev1.ContainerState, last *corev1.ContainerStateTerminated) func(*cluster.Member) {
	return func(m *cluster.Member) {
		m.Pod.Status.Phase = corev1.PodPending
		m.LastLogLines = map[string]string{"prepare": "no such bucket"}
		m.Pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{
			Name: "prepare", RestartCount: 3, State: state, LastTerminationState: corev1.ContainerState{Terminated: last},
		}}
		m.Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "etcd", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "PodInitializing"}},
		}}
	}
}

// podFailed sets the phase of a member's pod to Failed.
func podFailed(reason, message string) func(*cluster.Member) {
	return func(m *cluster.Member) {
		m.Pod.Status.Phase, m.Pod.Status.Reason, m.Pod.Status.Message = corev1.PodFailed, reason, message
		m.Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "etcd", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1, Message: "no such flag"}},
		}}
	}
}

// unschedulable makes a member's pod unschedulable, with the scheduler's message.
func unschedulable(said string) func(*cluster.Member) {
	return func(m *cluster.Member) {
		m.Pod.Spec.NodeName, m.Pod.Status.Phase = "", corev1.PodPending
		m.Pod.Spec.NodeSelector = map[string]string{"disk": "nvme", "cpu": "fast"}
		m.Pod.Status.Conditions = []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes are available: " + said,
		}}
	}
}

// probeFails makes the kubelet end a member's etcd again and again because its probe fails.
func probeFails(state corev1.ContainerState) func(*cluster.Member) {
	return func(m *cluster.Member) {
		m.ProbeFails = "Liveness probe failed: HTTP probe failed with statuscode: 404"
		m.Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "etcd", RestartCount: 4, State: state,
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}},
		}}
	}
}

// brokenVerdicts are the cases of pods that cannot run because of a container, a limit, a probe, a node or a volume.
func brokenVerdicts() []verdict {
	bare := func() *subject { return well(2).ownedBy(cluster.OwnerNone, "etcd") }
	static := func() *subject { return well(2).ownedBy(cluster.OwnerNode, "etcd") }
	deployed := func() *subject { return well(2).ownedBy("Deployment", "etcd") }
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}}
	looping := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	ended := &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1}
	lacks := func(m *cluster.Member) {
		m.Pod.Status.Phase, m.News = corev1.PodPending, `FailedMount: secret "typo" not found`
		m.Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "etcd", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}},
		}}
	}
	both := func(changes ...func(*cluster.Member)) func(*cluster.Member) {
		return func(m *cluster.Member) {
			for _, change := range changes {
				change(m)
			}
		}
	}
	wrongCPU := func(m *cluster.Member) {
		probeFails(looping)(m)
		m.ProbeFails, m.LastLogLines = "", map[string]string{"etcd": "exec /usr/local/bin/etcd: exec format error"}
	}
	fills := func(m *cluster.Member) {
		m.ProbeFails, m.LastLogLines = "", map[string]string{"etcd": "failed to create WAL: no space left on device"}
	}
	return []verdict{
		{"an init container crashes", secondDown(well(3), initContainer(looping, ended)), []string{PodDown}},
		{"an init container has ended for the first time", secondDown(well(3), initContainer(corev1.ContainerState{Terminated: ended}, nil)), []string{PodDown}},
		{"an init container never ends", secondDown(well(3), both(initContainer(running, nil), func(m *cluster.Member) { m.News = "it has been running since 2026-01-02T03:04:05Z: no such bucket" })), []string{PodDown}},
		{"an init container has just begun", secondDown(well(3), initContainer(running, nil)), nil},

		{"killed for its memory", secondDown(well(3), oomKilled("64Mi")), []string{PodDown}},
		{"killed for its memory, and its data goes with the pod", secondDown(well(3), both(oomKilled("64Mi"), onEmptyDir)), []string{PodDown, VolatileData}},
		{"a bare pod is killed for its memory", secondDown(bare(), oomKilled("64Mi")), []string{PodDown, EvenMembership}},
		{"a pod of a Deployment is killed for its memory", secondDown(deployed(), oomKilled("64Mi")), []string{PodDown, EvenMembership}},
		{"a static pod is killed for its memory", secondDown(static(), oomKilled("64Mi")), []string{PodDown, EvenMembership}},
		{"killed for its memory, and now a ConfigMap is gone", secondDown(well(3), both(oomKilled("64Mi"), func(m *cluster.Member) {
			m.Pod.Status.ContainerStatuses[0].State.Waiting = &corev1.ContainerStateWaiting{Reason: "CreateContainerConfigError", Message: `configmap "etcd-seal" not found`}
		})), []string{PodDown}},
		{"an operator's is killed for its memory", secondDown(well(2).ownedBy("EtcdCluster", "etcd"), oomKilled("64Mi")), []string{PodDown, EvenMembership}},
		{"its node ran out of memory", secondDown(well(3), oomKilled("")), []string{PodDown}},

		{"a bare pod lacks a Secret", secondDown(bare(), lacks), []string{PodDown, EvenMembership}},
		{"a static pod lacks a file", secondDown(static(), lacks), []string{PodDown, EvenMembership}},
		{"a bare pod has failed", secondDown(bare(), podFailed("", "")), []string{PodDown, EvenMembership}},
		{"a bare pod was evicted", secondDown(bare(), podFailed("Evicted", "The node was low on resource: memory.")), []string{PodDown, EvenMembership}},
		{"a static pod has failed", secondDown(static(), podFailed("", "")), []string{PodDown, EvenMembership}},
		{"a pod of a StatefulSet was evicted", secondDown(well(3), podFailed("Evicted", "The node was low on resource: memory.")), []string{PodDown}},

		{"no node has the labels", secondDown(well(3), unschedulable("3 node(s) didn't match Pod's node affinity/selector.")), []string{PodDown}},
		{"no node has room", secondDown(bare(), unschedulable("2 Insufficient cpu, 1 node(s) had untolerated taint(s).")), []string{PodDown, EvenMembership}},
		{"nodes are cordoned or taken", secondDown(well(3), unschedulable("1 node(s) were unschedulable, 2 node(s) didn't match pod anti-affinity rules.")), []string{PodDown}},
		{"the zone of a volume is gone", secondDown(well(3), unschedulable("3 node(s) didn't match PersistentVolume's node affinity.")), []string{PodDown}},
		{"nodes have too many already", secondDown(well(3), unschedulable("2 node(s) didn't satisfy existing pods anti-affinity rules, 1 node(s) didn't match pod topology spread constraints.")), []string{PodDown}},
		{"no node, for another reason", secondDown(well(3), unschedulable("3 node(s) are too old.")), []string{PodDown}},

		{"the image is for another CPU", secondDown(well(3), wrongCPU), []string{PodDown}},
		{"its volume is full", secondDown(well(3).otherDeployment(), both(probeFails(looping), fills, func(m *cluster.Member) { m.VolumeBytes = 8 << 30 })), []string{PodDown}},
		{"a volume that goes with the pod is full", secondDown(bare(), both(probeFails(looping), fills, onEmptyDir, func(m *cluster.Member) {
			m.Pod.Spec.Volumes[0].EmptyDir.SizeLimit = ptr.To(resource.MustParse("1Mi"))
		})), []string{PodDown, EvenMembership, VolatileData}},
		{"a probe ends it", secondDown(well(3), probeFails(looping)), []string{PodDown}},
		{"a probe ends one of others", secondDown(well(3).otherDeployment(), probeFails(looping)), []string{PodDown}},
		{"killed for its memory, of others whose pods are restarted by hand", secondDown(well(3).otherDeployment().with(func(s *subject) {
			s.cluster.StatefulSet.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType
		}), oomKilled("64Mi")), []string{PodDown}},
		{"a probe ends one that answers between", well(3).with(func(s *subject) { probeFails(running)(&s.cluster.Members[1]) }), []string{ProbeFails}},
	}
}
