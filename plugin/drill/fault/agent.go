package fault

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// AgentImage is the image of the agent that sends signals to etcd (cmd/drill-agent). Its tag is the version of the
// agent's command line.
const AgentImage = "ghcr.io/kubectl-etcd/drill-agent:v1"

const (
	agentProgram = "drill-agent"
	agentPoll    = 100 * time.Millisecond
	// agentStart limits the pull of the agent's image and its start.
	agentStart = 2 * time.Minute
	// agentLongest is the longest pause that the agent takes (cmd/drill-agent).
	agentLongest = 10 * time.Minute
)

// agentReport is the agent's report of what it did: its termination message (cmd/drill-agent).
type agentReport struct {
	Signal string    `json:"signal"`
	PID    int       `json:"pid"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
	Error  string    `json:"error"`
}

// agentName returns a unique container name: a pod's ephemeral containers cannot be removed, and their names must
// differ.
func agentName() string { return "drill-" + strings.ToLower(rand.Text()[:5]) }

// addAgent adds the agent's container to a pod.
func (s *Scene) addAgent(ctx context.Context, pod *corev1.Pod, name string, command []string, dryRun ...string) error {
	etcd, err := s.container(s.Targets[0])
	if err != nil {
		return err
	}
	pods := s.Env.Kube.CoreV1().Pods(pod.Namespace)
	now, err := pods.Get(ctx, pod.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if now.UID != pod.UID {
		return fmt.Errorf("pod %q was recreated in the meantime (try again)", pod.Name)
	}
	now.Spec.EphemeralContainers = append(now.Spec.EphemeralContainers, corev1.EphemeralContainer{
		TargetContainerName: etcd.Name,
		EphemeralContainerCommon: corev1.EphemeralContainerCommon{
			Name: name, Image: s.Image, Command: append([]string{agentProgram}, command...),
			ImagePullPolicy:          corev1.PullIfNotPresent,
			TerminationMessagePolicy: corev1.TerminationMessageReadFile,
			SecurityContext:          agentSecurity(pod, etcd),
		},
	})
	if _, err = pods.UpdateEphemeralContainers(ctx, pod.Name, now, metav1.UpdateOptions{DryRun: dryRun}); err != nil {
		return fmt.Errorf("add an ephemeral container to pod %q: %w", pod.Name, err)
	}
	return nil
}

// agentSecurity meets the restricted Pod Security standard and runs as etcd's user: only then may the agent send etcd a
// signal.
func agentSecurity(pod *corev1.Pod, etcd corev1.Container) *corev1.SecurityContext {
	context := &corev1.SecurityContext{
		AllowPrivilegeEscalation: ptr.To(false),
		ReadOnlyRootFilesystem:   ptr.To(true),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
	if own := etcd.SecurityContext; own != nil {
		context.RunAsUser, context.RunAsGroup, context.RunAsNonRoot = own.RunAsUser, own.RunAsGroup, own.RunAsNonRoot
	}
	if all := pod.Spec.SecurityContext; all != nil && context.RunAsNonRoot == nil {
		context.RunAsNonRoot = all.RunAsNonRoot
	}
	return context
}

// awaitAgent waits until the agent has ended. An error after the time limit says what it was waiting for.
func (s *Scene) awaitAgent(ctx context.Context, pod *corev1.Pod, name string) (*corev1.ContainerStateTerminated, error) {
	ctx, cancel := context.WithTimeout(ctx, agentStart+s.For)
	defer cancel()
	waits := "its start"
	for {
		now, err := s.Env.Kube.CoreV1().Pods(pod.Namespace).Get(ctx, pod.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil, fmt.Errorf("pod %q was deleted before its ephemeral container %q ended", pod.Name, name)
		case err != nil: // the agent may have acted already, so keep polling
		case now.UID != pod.UID:
			return nil, fmt.Errorf("pod %q was recreated before its ephemeral container %q ended", pod.Name, name)
		default:
			state := agentState(now, name)
			if state.Terminated != nil {
				return state.Terminated, nil
			}
			if state.Waiting != nil && state.Waiting.Reason != "" {
				waits = strings.TrimSpace(state.Waiting.Reason + " " + state.Waiting.Message)
			} else if state.Running != nil {
				waits = "its end"
			}
		}
		if err := Pause(ctx, agentPoll); err != nil {
			return nil, fmt.Errorf("wait for the ephemeral container %q in pod %q (%s; image %q): %w", name, pod.Name, waits, s.Image, context.Cause(ctx))
		}
	}
}

func agentState(pod *corev1.Pod, name string) corev1.ContainerState {
	for _, c := range pod.Status.EphemeralContainerStatuses {
		if c.Name == name {
			return c.State
		}
	}
	return corev1.ContainerState{}
}

// readAgent returns the agent's report from its termination message.
func readAgent(end *corev1.ContainerStateTerminated, name, pod string) (agentReport, error) {
	var report agentReport
	err := json.Unmarshal([]byte(strings.TrimSpace(end.Message)), &report)
	switch {
	case err == nil && report.Error != "":
		return report, fmt.Errorf("the ephemeral container %q in pod %q: %s", name, pod, report.Error)
	case err != nil || end.ExitCode != 0 || report.At.IsZero():
		return report, fmt.Errorf("the ephemeral container %q in pod %q ended with exit code %d without a report of what it did (%s: %s)",
			name, pod, end.ExitCode, end.Reason, cluster.OneLine(end.Message))
	}
	return report, nil
}
