package cluster

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

func runsEtcd(spec corev1.PodSpec) bool { return len(etcdContainers(spec)) > 0 }

// etcdContainers returns the containers that run etcd, native sidecars included.
func etcdContainers(spec corev1.PodSpec) []corev1.Container {
	return slices.DeleteFunc(longRunning(spec), func(c corev1.Container) bool { return !settings.Runs(c) })
}

// etcdContainer returns the container with that name, or with "" the first one that runs etcd.
func etcdContainer(spec corev1.PodSpec, name string) (corev1.Container, bool) {
	for _, c := range longRunning(spec) {
		if name == "" && settings.Runs(c) || name != "" && c.Name == name {
			return c, true
		}
	}
	return corev1.Container{}, false
}

// longRunning returns the containers that run as long as their pod: the ordinary ones, then the init containers with
// restartPolicy Always (native sidecars, KEP-753).
func longRunning(spec corev1.PodSpec) []corev1.Container {
	all := slices.Clone(spec.Containers)
	for _, c := range spec.InitContainers {
		if isSidecar(c) {
			all = append(all, c)
		}
	}
	return all
}

func isSidecar(init corev1.Container) bool {
	return init.RestartPolicy != nil && *init.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// Containers returns the containers that run as long as the member's pod, native sidecars included.
func (m Member) Containers() []corev1.Container {
	if m.Pod == nil {
		return nil
	}
	return longRunning(m.Pod.Spec)
}

// statuses returns the status of every container and init container of a pod, but not of ephemeral ones.
func statuses(pod *corev1.Pod) []corev1.ContainerStatus {
	return slices.Concat(pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses)
}

// etcdStatus returns the status of the container that runs etcd.
func (m Member) etcdStatus() (s corev1.ContainerStatus, found bool) {
	if m.Pod == nil || m.Server.Container == "" {
		return s, false
	}
	all := statuses(m.Pod)
	i := slices.IndexFunc(all, func(s corev1.ContainerStatus) bool { return s.Name == m.Server.Container })
	if i < 0 {
		return s, false
	}
	return all[i], true
}

// blockingStatuses returns the statuses that explain why etcd does not run: that of the init container it waits for, or
// that of its own container.
func (m Member) blockingStatuses() []corev1.ContainerStatus {
	if s, found := m.WaitsFor(); found {
		return []corev1.ContainerStatus{s}
	}
	return m.etcdStatuses()
}

// LastEnded returns the name of the container that explains why etcd does not run, if it has ended; or "".
func (m Member) LastEnded() string {
	if m.Pod == nil {
		return ""
	}
	for _, s := range m.blockingStatuses() {
		if lastTermination(s) != nil {
			return s.Name
		}
	}
	return ""
}

// lastTermination returns how a container last ended, or nil if it never has.
func lastTermination(s corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if s.State.Terminated != nil {
		return s.State.Terminated
	}
	return s.LastTerminationState.Terminated
}

// cannotStart reports whether a container waits for another reason than the back-off after its end: an image, a
// ConfigMap.
func cannotStart(s corev1.ContainerStatus) bool {
	return s.State.Waiting != nil && !strings.HasPrefix(s.State.Waiting.Reason, crashLoop)
}

// etcdStatuses returns the status of the container that runs etcd, or of all containers if it is not known which one
// does.
func (m Member) etcdStatuses() []corev1.ContainerStatus {
	if s, found := m.etcdStatus(); found {
		return []corev1.ContainerStatus{s}
	}
	return m.Pod.Status.ContainerStatuses
}

// running reports whether the container that runs etcd is running.
func (m Member) running() bool {
	s, found := m.etcdStatus()
	return found && s.State.Running != nil
}

// Process returns the ID of the container that runs the member's etcd, and how often it was restarted in its pod.
func (m Member) Process() (id string, restarts int32) {
	s, _ := m.etcdStatus()
	return s.ContainerID, s.RestartCount
}

// Ended returns how the member's container ended before its last restart, or nil if it was never restarted.
func (m Member) Ended() *corev1.ContainerStateTerminated {
	s, _ := m.etcdStatus()
	return s.LastTerminationState.Terminated
}
