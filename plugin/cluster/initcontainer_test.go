package cluster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// TestInitContainer checks which init container keeps etcd from being started, and why it is not done.
func TestInitContainer(t *testing.T) {
	now := time.Now()
	ended := &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1}
	waiting := func(reason, message string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	}
	running := func(since time.Duration) corev1.ContainerState {
		return corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(now.Add(-since))}}
	}
	done := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}}
	own := waiting("PodInitializing", "")
	pod := func(own, state corev1.ContainerState, last *corev1.ContainerStateTerminated) *corev1.Pod {
		p := container(own, nil)
		p.Status.Phase = corev1.PodPending
		p.Status.ContainerStatuses[0].Name, p.Status.ContainerStatuses[0].RestartCount = "etcd", 0
		p.Spec.InitContainers = []corev1.Container{{Name: "first"}, {Name: "prepare"}}
		p.Status.InitContainerStatuses = []corev1.ContainerStatus{
			{Name: "first", State: done},
			{Name: "prepare", State: state, RestartCount: 2, LastTerminationState: corev1.ContainerState{Terminated: last}},
		}
		return p
	}
	sidecar := func(started bool) *corev1.Pod {
		p := pod(own, running(time.Hour), nil)
		p.Spec.InitContainers[1].RestartPolicy = ptr.To(corev1.ContainerRestartPolicyAlways)
		p.Status.InitContainerStatuses[1].Started = ptr.To(started)
		return p
	}
	killed := pod(own, waiting("CrashLoopBackOff", ""), &corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137})
	failed := pod(own, corev1.ContainerState{Terminated: ended}, nil)
	failed.Status.Phase, failed.Status.InitContainerStatuses[1].RestartCount = corev1.PodFailed, 0
	for name, c := range map[string]struct {
		pod                  *corev1.Pod
		waits, trouble, news string
	}{
		"crashes":             {pod(own, waiting("CrashLoopBackOff", "back-off 20s"), ended), "prepare", `init container "prepare": CrashLoopBackOff, exit code 1, restarted 2 times: no such bucket`, ""},
		"has just ended":      {pod(own, corev1.ContainerState{Terminated: ended}, nil), "prepare", `init container "prepare": Error, exit code 1, restarted 2 times: no such bucket`, ""},
		"runs again":          {pod(own, running(time.Hour), ended), "prepare", `init container "prepare": runs again, exit code 1, restarted 2 times: no such bucket`, ""},
		"is killed":           {killed, "prepare", `init container "prepare": CrashLoopBackOff, exit code 137, restarted 2 times: its node ran out of memory, and it has no memory limit (OOMKilled)`, ""},
		"has no image":        {pod(own, waiting("ErrImagePull", "no such tag"), nil), "prepare", `init container "prepare": ErrImagePull: no such tag`, ""},
		"is not started":      {pod(own, own, nil), "prepare", "PodInitializing", ""},
		"failed for good":     {failed, "prepare", `pod is Failed: init container "prepare": Error, exit code 1, restarted 0 times: no such bucket`, ""},
		"never ends":          {pod(own, running(time.Hour), nil), "prepare", `PodInitializing, init container "prepare" has not completed`, "it has been running since " + now.Add(-time.Hour).UTC().Format(time.RFC3339) + ": no such bucket"},
		"has just begun":      {pod(own, running(time.Second), nil), "prepare", `PodInitializing, init container "prepare" has not completed`, ""},
		"all are done":        {pod(own, done, nil), "", "PodInitializing", ""},
		"etcd ran already":    {pod(waiting("CrashLoopBackOff", ""), running(time.Hour), nil), "", "CrashLoopBackOff", ""},
		"a sidecar starts":    {sidecar(false), "prepare", `PodInitializing, init container "prepare" has not completed`, "it has been running since " + now.Add(-time.Hour).UTC().Format(time.RFC3339) + ": no such bucket"},
		"a sidecar has begun": {sidecar(true), "", "PodInitializing", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := Member{Pod: c.pod, Server: Server{Container: "etcd"}, LastLogLines: map[string]string{"prepare": "no such bucket"}}
			waits, _ := m.WaitsFor()
			news := ""
			if m.initRuns() {
				news = slowInit(m, now)
			}
			if diff := cmp.Diff([]string{c.waits, c.trouble, c.news}, []string{waits.Name, m.trouble(), news}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
