package advice

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// second changes the second member, which is down.
func second(s *subject, change func(*cluster.Member)) *subject {
	return s.member(1, down).with(func(s *subject) { change(&s.cluster.Members[1]) })
}

// killed makes the kernel kill the second member's etcd for its memory again and again.
func killed(limit string) func(*cluster.Member) {
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

func scratch(m *cluster.Member) {
	m.Pod.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
}

// prepares gives a member an init container in a state, which its etcd waits for.
func prepares(state corev1.ContainerState, last *corev1.ContainerStateTerminated) func(*cluster.Member) {
	return func(m *cluster.Member) {
		m.Pod.Status.Phase = corev1.PodPending
		m.LastWords = map[string]string{"prepare": "no such bucket"}
		m.Pod.Status.InitContainerStatuses = []corev1.ContainerStatus{{
			Name: "prepare", RestartCount: 3, State: state, LastTerminationState: corev1.ContainerState{Terminated: last},
		}}
		m.Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "etcd", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "PodInitializing"}},
		}}
	}
}

// failed ends the second member's pod for good.
func failed(reason, message string) func(*cluster.Member) {
	return func(m *cluster.Member) {
		m.Pod.Status.Phase, m.Pod.Status.Reason, m.Pod.Status.Message = corev1.PodFailed, reason, message
		m.Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "etcd", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1, Message: "no such flag"}},
		}}
	}
}

// nowhere lets no node take the second member's pod, for what the scheduler says.
func nowhere(said string) func(*cluster.Member) {
	return func(m *cluster.Member) {
		m.Pod.Spec.NodeName, m.Pod.Status.Phase = "", corev1.PodPending
		m.Pod.Spec.NodeSelector = map[string]string{"disk": "nvme", "cpu": "fast"}
		m.Pod.Status.Conditions = []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes are available: " + said,
		}}
	}
}

// probed lets the kubelet end the second member's etcd again and again, for its probe.
func probed(state corev1.ContainerState) func(*cluster.Member) {
	return func(m *cluster.Member) {
		m.ProbeFails = "Liveness probe failed: HTTP probe failed with statuscode: 404"
		m.Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			Name: "etcd", RestartCount: 4, State: state,
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}},
		}}
	}
}

// brokenVerdicts are those on pods that something keeps from running: a container, a limit, a probe, a node, a volume.
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
		probed(looping)(m)
		m.ProbeFails, m.LastWords = "", map[string]string{"etcd": "exec /usr/local/bin/etcd: exec format error"}
	}
	fills := func(m *cluster.Member) {
		m.ProbeFails, m.LastWords = "", map[string]string{"etcd": "failed to create WAL: no space left on device"}
	}
	return []verdict{
		{"an init container crashes", second(well(3), prepares(looping, ended)), []string{PodDown}},
		{"an init container has ended for the first time", second(well(3), prepares(corev1.ContainerState{Terminated: ended}, nil)), []string{PodDown}},
		{"an init container never ends", second(well(3), both(prepares(running, nil), func(m *cluster.Member) { m.News = "it runs since 2026-01-02T03:04:05Z: no such bucket" })), []string{PodDown}},
		{"an init container has just begun", second(well(3), prepares(running, nil)), nil},

		{"killed for its memory", second(well(3), killed("64Mi")), []string{PodDown}},
		{"killed for its memory, and its data goes with the pod", second(well(3), both(killed("64Mi"), scratch)), []string{PodDown, VolatileData}},
		{"a bare pod is killed for its memory", second(bare(), killed("64Mi")), []string{PodDown, EvenMembership}},
		{"a pod of a Deployment is killed for its memory", second(deployed(), killed("64Mi")), []string{PodDown, EvenMembership}},
		{"a static pod is killed for its memory", second(static(), killed("64Mi")), []string{PodDown, EvenMembership}},
		{"killed for its memory, and now a ConfigMap is gone", second(well(3), both(killed("64Mi"), func(m *cluster.Member) {
			m.Pod.Status.ContainerStatuses[0].State.Waiting = &corev1.ContainerStateWaiting{Reason: "CreateContainerConfigError", Message: `configmap "etcd-seal" not found`}
		})), []string{PodDown}},
		{"an operator's is killed for its memory", second(well(2).ownedBy("EtcdCluster", "etcd"), killed("64Mi")), []string{PodDown, EvenMembership}},
		{"its node ran out of memory", second(well(3), killed("")), []string{PodDown}},

		{"a bare pod lacks a Secret", second(bare(), lacks), []string{PodDown, EvenMembership}},
		{"a static pod lacks a file", second(static(), lacks), []string{PodDown, EvenMembership}},
		{"a bare pod has failed", second(bare(), failed("", "")), []string{PodDown, EvenMembership}},
		{"a bare pod was evicted", second(bare(), failed("Evicted", "The node was low on resource: memory.")), []string{PodDown, EvenMembership}},
		{"a static pod has failed", second(static(), failed("", "")), []string{PodDown, EvenMembership}},
		{"a pod of a StatefulSet was evicted", second(well(3), failed("Evicted", "The node was low on resource: memory.")), []string{PodDown}},

		{"no node has the labels", second(well(3), nowhere("3 node(s) didn't match Pod's node affinity/selector.")), []string{PodDown}},
		{"no node has room", second(bare(), nowhere("2 Insufficient cpu, 1 node(s) had untolerated taint(s).")), []string{PodDown, EvenMembership}},
		{"nodes are cordoned or taken", second(well(3), nowhere("1 node(s) were unschedulable, 2 node(s) didn't match pod anti-affinity rules.")), []string{PodDown}},
		{"the zone of a volume is gone", second(well(3), nowhere("3 node(s) didn't match PersistentVolume's node affinity.")), []string{PodDown}},
		{"nodes have too many already", second(well(3), nowhere("2 node(s) didn't satisfy existing pods anti-affinity rules, 1 node(s) didn't match pod topology spread constraints.")), []string{PodDown}},
		{"no node, for another reason", second(well(3), nowhere("3 node(s) are too old.")), []string{PodDown}},

		{"the image is for another CPU", second(well(3), wrongCPU), []string{PodDown}},
		{"its volume is full", second(well(3).others(), both(probed(looping), fills, func(m *cluster.Member) { m.VolumeBytes = 8 << 30 })), []string{PodDown}},
		{"a volume that goes with the pod is full", second(bare(), both(probed(looping), fills, scratch, func(m *cluster.Member) {
			m.Pod.Spec.Volumes[0].EmptyDir.SizeLimit = ptr.To(resource.MustParse("1Mi"))
		})), []string{PodDown, EvenMembership, VolatileData}},
		{"a probe ends it", second(well(3), probed(looping)), []string{PodDown}},
		{"a probe ends one of others", second(well(3).others(), probed(looping)), []string{PodDown}},
		{"killed for its memory, of others whose pods are restarted by hand", second(well(3).others().with(func(s *subject) {
			s.cluster.StatefulSet.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType
		}), killed("64Mi")), []string{PodDown}},
		{"a probe ends one that answers between", well(3).with(func(s *subject) { probed(running)(&s.cluster.Members[1]) }), []string{ProbeFails}},
	}
}
