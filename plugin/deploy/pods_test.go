package deploy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

func TestWaiting(t *testing.T) {
	running := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}}
	ready := running.DeepCopy()
	ready.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	creating := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending, ContainerStatuses: []corev1.ContainerStatus{
		{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}},
	}}}
	c := &cluster.Cluster{Members: []cluster.Member{
		{Name: "a", Pod: ready},
		{Name: "b", Pod: running},
		{Name: "c", Pod: creating, News: "FailedMount: not attached"},
		{Name: "d", News: "FailedCreate: exceeded quota"},
		{Name: "e"},
	}}
	want := []string{
		"b: running, not ready yet",
		"c: ContainerCreating (FailedMount: not attached)",
		"d: waiting for the pod to be created (FailedCreate: exceeded quota)",
		"e: waiting for the pod to be created",
	}
	if diff := cmp.Diff(want, Waiting(c)); diff != "" {
		t.Error(diff)
	}
}
