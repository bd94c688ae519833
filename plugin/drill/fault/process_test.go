package fault

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kubetesting "k8s.io/client-go/testing"
	"k8s.io/utils/ptr"
)

func shared(pods []*corev1.Pod) {
	for _, pod := range pods {
		pod.Spec.ShareProcessNamespace = ptr.To(true)
		pod.Spec.SecurityContext = &corev1.PodSecurityContext{RunAsNonRoot: ptr.To(true), RunAsUser: ptr.To[int64](65532)}
	}
}

func TestAgentWantsASharedNamespace(t *testing.T) {
	s, kube := scene(t, nil)
	for _, f := range []Fault{crash(), suspend()} {
		err := f.Check(t.Context(), s)
		if err == nil || !strings.Contains(err.Error(), `"kubectl etcd up etcd --drillable -n data" restarts`) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	if n := len(kube.Actions()); n > 0 {
		t.Errorf("%d requests were made before it was refused", n)
	}
}

// TestAgent: the agent's report is read from the status that the kubelet sets.
func TestAgent(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		name    string
		message string
		exit    int32
		want    string // of the error
	}{
		{"it killed", fmt.Sprintf(`{"signal":"SIGKILL","pid":7,"at":%q}`, now.Format(time.RFC3339Nano)), 0, ""},
		{"its clock is wrong", `{"signal":"SIGKILL","pid":7,"at":"2001-01-01T00:00:00Z"}`, 0, ""},
		{"it found nothing", `{"error":"no process named etcd"}`, 1, "no process named etcd"},
		{"it said nothing", "", 137, "ended with exit code 137 without a report of what it did"},
		{"it is another program", "usage: true", 0, "without a report of what it did"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, kube := scene(t, shared)
			var struck time.Time
			var left []string
			s.Struck, s.Left = func(at time.Time, _ string) { struck = at }, func(text string) { left = append(left, text) }
			kube.PrependReactor("update", "pods/ephemeralcontainers", func(action kubetesting.Action) (bool, runtime.Object, error) {
				pod, _ := action.(kubetesting.UpdateAction).GetObject().(*corev1.Pod)
				added := pod.Spec.EphemeralContainers[len(pod.Spec.EphemeralContainers)-1]
				wantContext := &corev1.SecurityContext{
					AllowPrivilegeEscalation: ptr.To(false), ReadOnlyRootFilesystem: ptr.To(true), RunAsNonRoot: ptr.To(true),
					Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
					SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
				}
				if diff := cmp.Diff(wantContext, added.SecurityContext); diff != "" || added.Image != "agent" || added.TargetContainerName != "etcd" {
					t.Errorf("%+v\n%s", added, diff)
				}
				pod = pod.DeepCopy()
				pod.Status.EphemeralContainerStatuses = []corev1.ContainerStatus{{
					Name:  added.Name,
					State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: c.exit, Message: c.message}},
				}}
				return true, pod, kube.Tracker().Update(corev1.SchemeGroupVersion.WithResource("pods"), pod, pod.Namespace, metav1.UpdateOptions{})
			})
			begin := time.Now()
			err := crash().Do(t.Context(), s)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %q", err, c.want)
				}
			} else if err != nil || struck.Before(begin.Add(-time.Second)) || struck.After(time.Now()) {
				t.Errorf("%v, struck at %s", err, struck)
			}
			if len(left) != 1 || !strings.Contains(left[0], "stays in the spec of pod etcd-1") {
				t.Errorf("%q", left)
			}
		})
	}
}

// TestAgentIsWaitedForInVain: the error names an image that cannot be pulled.
func TestAgentIsWaitedForInVain(t *testing.T) {
	s, kube := scene(t, shared)
	kube.PrependReactor("update", "pods/ephemeralcontainers", func(action kubetesting.Action) (bool, runtime.Object, error) {
		pod, _ := action.(kubetesting.UpdateAction).GetObject().(*corev1.Pod)
		pod = pod.DeepCopy()
		pod.Status.EphemeralContainerStatuses = []corev1.ContainerStatus{{
			Name:  pod.Spec.EphemeralContainers[0].Name,
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: "no such host"}},
		}}
		return true, pod, kube.Tracker().Update(corev1.SchemeGroupVersion.WithResource("pods"), pod, pod.Namespace, metav1.UpdateOptions{})
	})
	ctx := t.Context()
	pod, err := s.pod("etcd-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.addAgent(ctx, pod, "drill-x", []string{"kill"}); err != nil {
		t.Fatal(err)
	}
	s.For = 300*time.Millisecond - agentStart
	if _, err := s.awaitAgent(ctx, pod, "drill-x"); err == nil || !strings.Contains(err.Error(), `ErrImagePull no such host; image "agent"`) {
		t.Error(err)
	}
}
