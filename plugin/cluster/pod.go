package cluster

import (
	"cmp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// crashLoop begins the reason for which the kubelet waits before it starts a container again that ended.
const crashLoop = "CrashLoop"

// Trouble says in one line why a member's pod does not run etcd, or "" where it does: the pod's own status, and in
// brackets what else Kubernetes says of it. What a sidecar does is none of etcd's concern.
func (m Member) Trouble() string {
	text := m.trouble()
	if text == "" || m.News == "" {
		return text
	}
	return text + " (" + m.News + ")"
}

// trouble is Trouble from the pod's own status alone.
func (m Member) trouble() string {
	pod := m.Pod
	switch {
	case pod == nil:
		return "pod does not exist"
	case pod.DeletionTimestamp != nil:
		return strings.TrimSuffix("pod is being deleted: "+podReason(pod), ": ")
	case over(pod):
		return m.overText()
	case m.running():
		return ""
	}
	if s, found := m.WaitsFor(); found {
		return m.initTrouble(s)
	}
	if reason := podReason(pod); reason != "" && pod.Status.Phase != corev1.PodRunning {
		return reason // such as NodeLost: what the containers' states tell is older
	}
	for _, s := range m.containers() {
		if text := m.containerTrouble(s); text != "" {
			return text + m.fault(s)
		}
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return strings.ToLower(c.Reason) + ": " + OneLine(c.Message)
		}
	}
	if pod.Status.Phase == corev1.PodRunning {
		return ""
	}
	return "pod is " + string(pod.Status.Phase)
}

// Unschedulable returns what the scheduler says of the nodes that do not take the member's pod, whole, or "".
func (m Member) Unschedulable() string {
	if m.Pod == nil {
		return ""
	}
	for _, c := range m.Pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return c.Message
		}
	}
	return ""
}

// podReason returns why Kubernetes ended a pod as a whole, or "".
func podReason(pod *corev1.Pod) string {
	return strings.TrimSuffix(pod.Status.Reason+": "+OneLine(pod.Status.Message), ": ")
}

// Over reports whether the member's pod has ended for good: none of its containers is started again.
func (m Member) Over() bool { return m.Pod != nil && over(m.Pod) }

// overText says why a pod has ended for good: what the kubelet says of the pod, or how the container ended.
func (m Member) overText() string {
	text := "pod is " + string(m.Pod.Status.Phase)
	if reason := podReason(m.Pod); reason != "" {
		return text + ": " + reason
	}
	if s, found := m.WaitsFor(); found {
		return text + ": " + m.initTrouble(s)
	}
	for _, s := range m.containers() {
		if own := m.containerTrouble(s); own != "" {
			return text + ": " + own + m.fault(s)
		}
	}
	return text
}

// fault says what in the settings keeps etcd from starting, where its container has ended.
func (m Member) fault(s corev1.ContainerStatus) string {
	if m.Server.Fault == "" || s.State.Terminated == nil && s.LastTerminationState.Terminated == nil {
		return ""
	}
	return " (" + m.Server.Fault + ")"
}

// EndedSince reports whether the member's container has ended in its pod after a moment.
func (m Member) EndedSince(moment time.Time) bool {
	if m.Pod == nil {
		return false
	}
	for _, s := range m.containers() {
		for _, end := range []*corev1.ContainerStateTerminated{s.State.Terminated, s.LastTerminationState.Terminated} {
			if end != nil && end.FinishedAt.After(moment) {
				return true
			}
		}
	}
	return false
}

// Beside is a container in a member's pod that is not etcd's.
type Beside struct {
	Container, Trouble string
	Ended              bool // it did at least once, so that there is a log of that
}

// Sidecars returns what beside etcd keeps the member's pod from being Ready. Etcd serves all the same, and no Service
// sends it clients.
func (m Member) Sidecars() []Beside {
	if m.Pod == nil || !m.running() || Ready(m.Pod) {
		return nil
	}
	var found []Beside
	for _, s := range slices.Concat(m.Pod.Status.InitContainerStatuses, m.Pod.Status.ContainerStatuses) {
		done := s.State.Terminated != nil && s.State.Terminated.ExitCode == 0
		if s.Name == m.Server.Container || s.Ready || done {
			continue
		}
		text := m.containerTrouble(s)
		if last := s.LastTerminationState.Terminated; text == "" && last != nil {
			text = "not Ready, " + m.exitText(s, last)
		}
		found = append(found, Beside{s.Name, cmp.Or(text, "not Ready"), s.LastTerminationState.Terminated != nil})
	}
	return found
}

// Ready reports whether a pod serves: etcd's readiness probe is a linearizable read, and a learner never passes it.
func Ready(pod *corev1.Pod) bool {
	if pod == nil || pod.DeletionTimestamp != nil {
		return false
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// containerTrouble says why a container does not run, or "".
func (m Member) containerTrouble(s corev1.ContainerStatus) string {
	last := lastEnd(s)
	switch {
	case s.State.Running != nil:
		return ""
	case s.State.Waiting != nil && last == nil, blocked(s):
		// Why it cannot start now, whatever ended it before: an image that cannot be pulled, a ConfigMap that is gone.
		return strings.TrimSuffix(s.State.Waiting.Reason+": "+OneLine(pullError(s.State.Waiting.Message)), ": ")
	case last != nil:
		reason := last.Reason
		if s.State.Waiting != nil {
			reason = s.State.Waiting.Reason
		}
		return reason + ", " + m.exitText(s, last)
	}
	return ""
}

// pullError returns why an image could not be pulled. While the kubelet waits before it tries again it names the image, and
// that it waits, before that.
func pullError(message string) string {
	if _, cause, found := strings.Cut(message, ": ErrImagePull: "); found {
		return cause
	}
	return message
}

// LastExit says in one line how the member's container last ended, or "" where it never has: why one that has just been
// started again may not answer.
func (m Member) LastExit() string {
	if m.Pod == nil {
		return ""
	}
	for _, s := range m.containers() {
		if last := s.LastTerminationState.Terminated; last != nil {
			return m.exitText(s, last)
		}
	}
	return ""
}

// CrashLoop says how the member's container last ended, where that was not the first time, or "". It may run at this
// moment: the kubelet tells nothing of the kind while it does.
func (m Member) CrashLoop() string {
	if m.Pod == nil {
		return ""
	}
	for _, s := range m.containers() {
		switch ended := s.State.Terminated; {
		case ended != nil && s.RestartCount > 1: // just now: the kubelet has not yet said that it waits
			return m.exitText(s, ended)
		case s.State.Waiting != nil && strings.HasPrefix(s.State.Waiting.Reason, crashLoop), s.State.Running != nil && s.RestartCount > 1:
			return m.LastExit()
		}
	}
	return ""
}

// startError is the reason of an end that was none: the container's command could not be started, and there is no log of it.
const startError = "StartError"

// LogTells reports whether the log of the member's last run says why it does not run: not where that never began, nor where
// something else keeps the container from being started again.
func (m Member) LogTells() bool {
	if m.Pod == nil {
		return false
	}
	for _, s := range m.containers() {
		last := s.LastTerminationState.Terminated
		if last != nil && last.Reason != startError && !blocked(s) {
			return true
		}
	}
	return false
}

// settledAfter is how long a container has to run until its last end is no reason any more to expect the next one.
const settledAfter = 30 * time.Second

// Crashing reports whether the member's container ended before and runs again only since a moment: it may well be about
// to end again.
func (m Member) Crashing(now time.Time) bool {
	if m.Pod == nil {
		return false
	}
	for _, s := range m.containers() {
		if s.State.Running != nil && s.LastTerminationState.Terminated != nil && now.Sub(s.State.Running.StartedAt.Time) < settledAfter {
			return true
		}
	}
	return false
}
