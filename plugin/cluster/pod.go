package cluster

import (
	"cmp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// crashLoop begins the kubelet's reason while it delays the restart of a container.
const crashLoop = "CrashLoop"

// PodProblem says in one line why a member's pod does not run etcd, or "" if it does: the pod's own status, then its News
// in brackets. Sidecars are no concern of etcd's.
func (m Member) PodProblem() string {
	text := m.trouble()
	if text == "" || m.News == "" {
		return text
	}
	return text + " (" + m.News + ")"
}

// trouble is PodProblem without Explanation.
func (m Member) trouble() string {
	pod := m.Pod
	switch {
	case pod == nil:
		return "pod does not exist"
	case pod.DeletionTimestamp != nil:
		return strings.TrimSuffix("pod is being deleted: "+podReason(pod), ": ")
	case podEnded(pod):
		return m.endedText()
	case m.running():
		return ""
	}
	if s, found := m.WaitsFor(); found {
		return m.initTrouble(s)
	}
	if reason := podReason(pod); reason != "" && pod.Status.Phase != corev1.PodRunning {
		return reason // such as NodeLost: the containers' states are older
	}
	for _, s := range m.etcdStatuses() {
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

// Unschedulable returns the scheduler's full message on why no node takes the member's pod, or "".
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

// podReason returns why Kubernetes ended a whole pod, or "".
func podReason(pod *corev1.Pod) string {
	return strings.TrimSuffix(pod.Status.Reason+": "+OneLine(pod.Status.Message), ": ")
}

// Over reports whether the member's pod has ended for good: none of its containers is restarted.
func (m Member) Over() bool { return m.Pod != nil && podEnded(m.Pod) }

// endedText says why a pod has ended for good: the kubelet's reason for the pod, or how the container ended.
func (m Member) endedText() string {
	text := "pod is " + string(m.Pod.Status.Phase)
	if reason := podReason(m.Pod); reason != "" {
		return text + ": " + reason
	}
	if s, found := m.WaitsFor(); found {
		return text + ": " + m.initTrouble(s)
	}
	for _, s := range m.etcdStatuses() {
		if own := m.containerTrouble(s); own != "" {
			return text + ": " + own + m.fault(s)
		}
	}
	return text
}

// fault returns which setting keeps etcd from starting, if its container has ended; or "".
func (m Member) fault(s corev1.ContainerStatus) string {
	if m.Server.Fault == "" || s.State.Terminated == nil && s.LastTerminationState.Terminated == nil {
		return ""
	}
	return " (" + m.Server.Fault + ")"
}

// EndedSince reports whether the member's container has ended in its current pod since that moment.
func (m Member) EndedSince(moment time.Time) bool {
	if m.Pod == nil {
		return false
	}
	for _, s := range m.etcdStatuses() {
		for _, end := range []*corev1.ContainerStateTerminated{s.State.Terminated, s.LastTerminationState.Terminated} {
			if end != nil && end.FinishedAt.After(moment) {
				return true
			}
		}
	}
	return false
}

// Sidecar is a container in a member's pod that does not run etcd.
type Sidecar struct {
	Container, Trouble string
	Ended              bool // it ended at least once, so its previous run has a log
}

// Sidecars returns the containers beside etcd's that keep the member's pod from being Ready. etcd still serves, but no
// Service sends clients to it.
func (m Member) Sidecars() []Sidecar {
	if m.Pod == nil || !m.running() || Ready(m.Pod) {
		return nil
	}
	var found []Sidecar
	for _, s := range slices.Concat(m.Pod.Status.InitContainerStatuses, m.Pod.Status.ContainerStatuses) {
		done := s.State.Terminated != nil && s.State.Terminated.ExitCode == 0
		if s.Name == m.Server.Container || s.Ready || done {
			continue
		}
		text := m.containerTrouble(s)
		if last := s.LastTerminationState.Terminated; text == "" && last != nil {
			text = "not Ready, " + m.exitText(s, last)
		}
		found = append(found, Sidecar{s.Name, cmp.Or(text, "not Ready"), s.LastTerminationState.Terminated != nil})
	}
	return found
}

// Ready reports whether a pod is Ready and not being deleted: etcd's readiness probe is a linearizable read, and a
// learner never passes it.
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
	last := lastTermination(s)
	switch {
	case s.State.Running != nil:
		return ""
	case s.State.Waiting != nil && last == nil, cannotStart(s):
		// What keeps it from starting now matters more than how it ended: an image that cannot be pulled, a missing
		// ConfigMap.
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

// pullError returns why an image could not be pulled. During the back-off, the kubelet's message begins with the image
// and the back-off.
func pullError(message string) string {
	if _, cause, found := strings.Cut(message, ": ErrImagePull: "); found {
		return cause
	}
	return message
}

// LastExit says in one line how the member's container last ended, or "" if it never has. It may explain why a container
// that was just restarted does not answer.
func (m Member) LastExit() string {
	if m.Pod == nil {
		return ""
	}
	for _, s := range m.etcdStatuses() {
		if last := s.LastTerminationState.Terminated; last != nil {
			return m.exitText(s, last)
		}
	}
	return ""
}

// CrashLoop says how the member's container last ended if it ended more than once, or "". The container may be running:
// the kubelet reports no crash loop while it is.
func (m Member) CrashLoop() string {
	if m.Pod == nil {
		return ""
	}
	for _, s := range m.etcdStatuses() {
		switch ended := s.State.Terminated; {
		case ended != nil && s.RestartCount > 1: // just now: the kubelet does not report the back-off yet
			return m.exitText(s, ended)
		case s.State.Waiting != nil && strings.HasPrefix(s.State.Waiting.Reason, crashLoop), s.State.Running != nil && s.RestartCount > 1:
			return m.LastExit()
		}
	}
	return ""
}

// startError is the reason of a container whose command could not be started. It has no log.
const startError = "StartError"

// LogTells reports whether the log of the member's last run says why it does not run. It does not if the run never
// began, or if something else keeps the container from being restarted.
func (m Member) LogTells() bool {
	if m.Pod == nil {
		return false
	}
	for _, s := range m.etcdStatuses() {
		last := s.LastTerminationState.Terminated
		if last != nil && last.Reason != startError && !cannotStart(s) {
			return true
		}
	}
	return false
}

// settledAfter is how long a container has to run before its last end is no reason to expect another one.
const settledAfter = 30 * time.Second

// Crashing reports whether the member's container was restarted less than settledAfter ago: it may well end again.
func (m Member) Crashing(now time.Time) bool {
	if m.Pod == nil {
		return false
	}
	for _, s := range m.etcdStatuses() {
		if s.State.Running != nil && s.LastTerminationState.Terminated != nil && now.Sub(s.State.Running.StartedAt.Time) < settledAfter {
			return true
		}
	}
	return false
}
