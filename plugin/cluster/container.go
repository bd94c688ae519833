package cluster

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

func runsEtcd(spec corev1.PodSpec) bool { return len(etcdContainers(spec)) > 0 }

// etcdContainers returns the containers that run etcd.
func etcdContainers(spec corev1.PodSpec) []corev1.Container {
	return slices.DeleteFunc(lasting(spec), func(c corev1.Container) bool { return !settings.Runs(c) })
}

// etcdContainer returns the container of that name, or without a name the first that runs etcd.
func etcdContainer(spec corev1.PodSpec, name string) (corev1.Container, bool) {
	for _, c := range lasting(spec) {
		if name == "" && settings.Runs(c) || name != "" && c.Name == name {
			return c, true
		}
	}
	return corev1.Container{}, false
}

// lasting returns the containers that run as long as their pod does: the ordinary ones, then the init containers that are
// always restarted (Kubernetes calls them sidecars, KEP-753).
func lasting(spec corev1.PodSpec) []corev1.Container {
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

// Containers returns the containers that run as long as the member's pod does, sidecars among them.
func (m Member) Containers() []corev1.Container {
	if m.Pod == nil {
		return nil
	}
	return lasting(m.Pod.Spec)
}

// statuses returns the states of all containers of a pod but those that were added to debug it.
func statuses(pod *corev1.Pod) []corev1.ContainerStatus {
	return slices.Concat(pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses)
}

// status returns the state of the container that runs etcd.
func (m Member) status() (s corev1.ContainerStatus, found bool) {
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

// stopped returns the status of the containers that tell why etcd does not run: the init container that it waits for, or
// its own.
func (m Member) stopped() []corev1.ContainerStatus {
	if s, found := m.WaitsFor(); found {
		return []corev1.ContainerStatus{s}
	}
	return m.containers()
}

// LastEnded returns the name of the container that tells why etcd does not run, where it has ended; or "".
func (m Member) LastEnded() string {
	if m.Pod == nil {
		return ""
	}
	for _, s := range m.stopped() {
		if lastEnd(s) != nil {
			return s.Name
		}
	}
	return ""
}

// lastEnd returns how a container last ended, or nil where it never has.
func lastEnd(s corev1.ContainerStatus) *corev1.ContainerStateTerminated {
	if s.State.Terminated != nil {
		return s.State.Terminated
	}
	return s.LastTerminationState.Terminated
}

// blocked reports whether something else than how a container ended keeps it from being started: an image, a ConfigMap.
func blocked(s corev1.ContainerStatus) bool {
	return s.State.Waiting != nil && !strings.HasPrefix(s.State.Waiting.Reason, crashLoop)
}

// containers returns the status of the container that runs etcd, or of all where it is not known which does.
func (m Member) containers() []corev1.ContainerStatus {
	if s, found := m.status(); found {
		return []corev1.ContainerStatus{s}
	}
	return m.Pod.Status.ContainerStatuses
}

// running reports whether the container that runs etcd does so now.
func (m Member) running() bool {
	s, found := m.status()
	return found && s.State.Running != nil
}

// Process tells which container runs the member's etcd now, and how often it was started again in its pod.
func (m Member) Process() (id string, restarts int32) {
	s, _ := m.status()
	return s.ContainerID, s.RestartCount
}

// Ended returns how the member's container last ended before it was started again, or nil where it never has.
func (m Member) Ended() *corev1.ContainerStateTerminated {
	s, _ := m.status()
	return s.LastTerminationState.Terminated
}
