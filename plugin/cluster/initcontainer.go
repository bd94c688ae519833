package cluster

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// podInitializing is the kubelet's reason for a container that waits for init containers.
const podInitializing = "PodInitializing"

// WaitsFor returns the init container that keeps the member's etcd from being started: the first one that is not done.
func (m Member) WaitsFor() (s corev1.ContainerStatus, found bool) {
	if m.Pod == nil {
		return s, false
	}
	// Once etcd's container has started, it restarts without waiting for init containers.
	if own, found := m.etcdStatus(); found && (own.State.Waiting == nil || own.State.Waiting.Reason != podInitializing) {
		return s, false
	}
	for _, s := range m.Pod.Status.InitContainerStatuses {
		if s.Name == m.Server.Container {
			break // later init containers start after etcd
		}
		if !m.initDone(s) {
			return s, true
		}
	}
	return s, false
}

// initDone reports whether the init containers after this one may start.
func (m Member) initDone(s corev1.ContainerStatus) bool {
	for _, c := range m.Pod.Spec.InitContainers {
		if c.Name == s.Name && isSidecar(c) {
			return s.Started != nil && *s.Started
		}
	}
	return s.State.Terminated != nil && s.State.Terminated.ExitCode == 0
}

// initTrouble says why an init container is not done. If it was never started, this is the kubelet's reason.
func (m Member) initTrouble(s corev1.ContainerStatus) string {
	last := lastTermination(s)
	switch {
	case s.State.Running != nil && last != nil:
		return fmt.Sprintf("init container %q: runs again, %s", s.Name, m.exitText(s, last))
	case s.State.Running != nil:
		return fmt.Sprintf("%s, init container %q has not completed", podInitializing, s.Name)
	case s.State.Waiting != nil && last == nil && s.State.Waiting.Message == "":
		return s.State.Waiting.Reason
	}
	return fmt.Sprintf("init container %q: %s", s.Name, m.containerTrouble(s))
}

// initRuns reports whether the member's etcd waits for an init container that runs for the first time.
func (m Member) initRuns() bool {
	s, found := m.WaitsFor()
	return found && s.State.Running != nil && lastTermination(s) == nil
}

// slowInit says since when that init container runs, and its last log line. It returns "" for one that started less than
// settledAfter ago.
func slowInit(m Member, now time.Time) string {
	s, _ := m.WaitsFor()
	since := s.State.Running.StartedAt
	if now.Sub(since.Time) < settledAfter {
		return ""
	}
	return strings.TrimSuffix("it has been running since "+since.UTC().Format(time.RFC3339)+": "+m.LastLogLines[s.Name], ": ")
}
