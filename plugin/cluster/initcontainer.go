package cluster

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// podInitializing is what the kubelet says of a container that waits for init containers.
const podInitializing = "PodInitializing"

// WaitsFor returns the init container that keeps the member's etcd from being started: the first that is not done.
func (m Member) WaitsFor() (s corev1.ContainerStatus, found bool) {
	if m.Pod == nil {
		return s, false
	}
	// Once etcd's container was started it is started again without them.
	if own, found := m.status(); found && (own.State.Waiting == nil || own.State.Waiting.Reason != podInitializing) {
		return s, false
	}
	for _, s := range m.Pod.Status.InitContainerStatuses {
		if s.Name == m.Server.Container {
			break // what comes after it starts later
		}
		if !m.initDone(s) {
			return s, true
		}
	}
	return s, false
}

// initDone reports whether those after an init container may start.
func (m Member) initDone(s corev1.ContainerStatus) bool {
	for _, c := range m.Pod.Spec.InitContainers {
		if c.Name == s.Name && isSidecar(c) {
			return s.Started != nil && *s.Started
		}
	}
	return s.State.Terminated != nil && s.State.Terminated.ExitCode == 0
}

// initTrouble says why an init container is not done. One that was not started yet is told as the kubelet tells it.
func (m Member) initTrouble(s corev1.ContainerStatus) string {
	last := lastEnd(s)
	switch {
	case s.State.Running != nil && last != nil:
		return fmt.Sprintf("init container %q: runs again, %s", s.Name, m.exitText(s, last))
	case s.State.Running != nil:
		return fmt.Sprintf("%s, init container %q is not done", podInitializing, s.Name)
	case s.State.Waiting != nil && last == nil && s.State.Waiting.Message == "":
		return s.State.Waiting.Reason
	}
	return fmt.Sprintf("init container %q: %s", s.Name, m.containerTrouble(s))
}

// initRuns reports whether the member's etcd waits for an init container that runs, and never ended.
func (m Member) initRuns() bool {
	s, found := m.WaitsFor()
	return found && s.State.Running != nil && lastEnd(s) == nil
}

// slowInit says since when that init container runs, and what it logs, where that is not only now.
func slowInit(m Member, now time.Time) string {
	s, _ := m.WaitsFor()
	since := s.State.Running.StartedAt
	if now.Sub(since.Time) < settledAfter {
		return ""
	}
	return strings.TrimSuffix("it runs since "+since.UTC().Format(time.RFC3339)+": "+m.LastWords[s.Name], ": ")
}
