package cluster

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

func stuckPod(node string, change func(*corev1.Pod)) *corev1.Pod {
	set := setOf("etcd", 1, "etcd")
	p := podIn(set, "etcd-0")
	p.UID, p.Spec.NodeName, p.Status.Phase = "etcd-0-uid", node, corev1.PodPending
	change(p)
	return p
}

func state(s corev1.ContainerState) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", State: s}} }
}

func waits(reason, message string) func(*corev1.Pod) {
	return state(corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}})
}

func eventAbout(name string, uid types.UID, reason, message string, age time.Duration) *corev1.Event {
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"}, Type: corev1.EventTypeWarning,
		InvolvedObject: corev1.ObjectReference{UID: uid}, Reason: reason, Message: message,
		LastTimestamp: metav1.NewTime(time.Now().Add(-age)),
	}
}

// TestTroubleHasTheNews finds a cluster whose only pod does not run: the member's trouble has what Kubernetes says about
// it. The fake API ignores field selectors, so each case has the events of one object only.
func TestTroubleHasTheNews(t *testing.T) {
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "data-etcd-0", Namespace: "ns", UID: "claim-uid"}}
	unscheduled := func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-etcd-0"},
		}}}
		p.Status.Conditions = []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes are available",
		}}
	}
	crashing := func(p *corev1.Pod) {
		waits("CrashLoopBackOff", "back-off")(p)
		p.Status.ContainerStatuses[0].RestartCount = 2
		p.Status.ContainerStatuses[0].LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ExitCode: 2, Reason: "Error"}
	}
	killed := func(p *corev1.Pod) {
		crashing(p)
		p.Status.ContainerStatuses[0].LastTerminationState.Terminated = &corev1.ContainerStateTerminated{Reason: "Completed", FinishedAt: metav1.Now()}
	}
	probeEvent := func(reason, message string) *corev1.Event {
		e := eventAbout(reason, "etcd-0-uid", reason, message, time.Second)
		e.InvolvedObject.FieldPath = "spec.containers{main}"
		return e
	}
	initCrashes := func(p *corev1.Pod) {
		crashing(p)
		p.Status.InitContainerStatuses = p.Status.ContainerStatuses
		p.Status.InitContainerStatuses[0].Name = "prepare"
		waits("PodInitializing", "")(p)
	}
	initWaits := func(p *corev1.Pod) {
		initCrashes(p)
		p.Status.InitContainerStatuses[0].LastTerminationState.Terminated = nil
		p.Status.InitContainerStatuses[0].State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{
			StartedAt: metav1.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		}}
	}
	leaving := func(p *corev1.Pod) {
		state(corev1.ContainerState{Running: &corev1.ContainerStateRunning{}})(p)
		p.DeletionTimestamp, p.Finalizers = &metav1.Time{Time: time.Now()}, []string{"a/b"}
	}
	lost := func(p *corev1.Pod) {
		leaving(p)
		p.Status.Reason, p.Status.Message = "NodeLost", "Node a which was running pod etcd-0 is unresponsive"
	}
	mount := eventAbout("new", "etcd-0-uid", "FailedMount", `secret "etcd-certs-typo" not found`, time.Second)
	for name, c := range map[string]struct {
		pod       *corev1.Pod
		objects   []runtime.Object
		forbidden string // a resource that may not be read
		want      string
	}{
		"no pod, because of a quota": {
			objects: []runtime.Object{eventAbout("e", "etcd", "FailedCreate", "create Pod etcd-0 failed: exceeded quota", time.Second)},
			want:    "pod does not exist (FailedCreate: create Pod etcd-0 failed: exceeded quota)",
		},
		"no pod, and events may not be read": {forbidden: "events", want: "pod does not exist"},
		"no StorageClass": {
			pod: stuckPod("", unscheduled), objects: []runtime.Object{claim, eventAbout("e", "claim-uid", "ProvisioningFailed", "no such\n class", time.Second)},
			want: "unschedulable: 0/3 nodes are available (ProvisioningFailed: no such class)",
		},
		"no node, and the volume is made there": {
			pod: stuckPod("", unscheduled), objects: []runtime.Object{claim, eventAbout("e", "claim-uid", "WaitForFirstConsumer", "waiting for first consumer to be created before binding", time.Second)},
			want: "unschedulable: 0/3 nodes are available",
		},
		"no Secret: the newest warning": {
			pod: stuckPod("a", waits("ContainerCreating", "")), objects: []runtime.Object{
				mount, eventAbout("old", "etcd-0-uid", "FailedScheduling", "no node", time.Minute),
			},
			want: `ContainerCreating (FailedMount: secret "etcd-certs-typo" not found)`,
		},
		"the pod's own status says it": {
			pod: stuckPod("a", waits("ErrImagePull", "no such tag")), objects: []runtime.Object{mount}, want: "ErrImagePull: no such tag",
		},
		"crashes, and its log says why": {
			pod: stuckPod("a", crashing), want: "CrashLoopBackOff, exit code 2, restarted 2 times: no such flag",
		},
		"crashes, and logs may not be read": {
			pod: stuckPod("a", crashing), forbidden: "pods/log", want: "CrashLoopBackOff, exit code 2, restarted 2 times",
		},
		"its init container crashes, and its log says why": {
			pod: stuckPod("a", initCrashes), want: `init container "prepare": CrashLoopBackOff, exit code 2, restarted 2 times: no such flag`,
		},
		"its init container never ends": {
			pod: stuckPod("a", initWaits), want: `PodInitializing, init container "prepare" has not completed (it has been running since 2026-01-02T03:04:05Z: no such flag)`,
		},
		"a probe ends it": {
			pod: stuckPod("a", killed), objects: []runtime.Object{
				probeEvent("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 404"),
				probeEvent("Killing", "Container main failed liveness probe, will be restarted"),
			},
			want: "CrashLoopBackOff, exit code 0, restarted 2 times: the kubelet ended it: Liveness probe failed: HTTP probe failed with statuscode: 404",
		},
		"a probe fails, and etcd ends by itself": {
			pod: stuckPod("a", killed), objects: []runtime.Object{probeEvent("Unhealthy", "Liveness probe failed: connection refused")},
			want: "CrashLoopBackOff, exit code 0, restarted 2 times: no such flag",
		},
		"its node is gone": {pod: stuckPod("a", leaving), want: `pod is being deleted (node "a" no longer exists)`},
		"its node does not answer": {
			pod: stuckPod("a", leaving), objects: []runtime.Object{&corev1.Node{
				ObjectMeta: metav1.ObjectMeta{Name: "a"},
				Status:     corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionUnknown, Reason: "NodeStatusUnknown", Message: "Kubelet stopped posting node status."}}},
			}},
			want: `pod is being deleted (node "a" is not Ready: NodeStatusUnknown: Kubelet stopped posting node status.)`,
		},
		"its node was lost, and nodes may not be read": {
			pod: stuckPod("a", lost), forbidden: "nodes", want: "pod is being deleted: NodeLost: Node a which was running pod etcd-0 is unresponsive",
		},
		"evicted": {
			pod: stuckPod("a", func(p *corev1.Pod) {
				state(corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Reason: "Error"}})(p)
				p.Status.Phase, p.Status.Reason, p.Status.Message = corev1.PodFailed, "Evicted", "The node was low on resource: memory."
			}),
			want: "pod is Failed: Evicted: The node was low on resource: memory.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects := append([]runtime.Object{setOf("etcd", 1, "etcd")}, c.objects...)
			if c.pod != nil {
				objects = append(objects, c.pod)
			}
			kube := fake.NewClientset(objects...)
			kube.PrependReactor("get", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
				return a.GetSubresource() == "log", &runtime.Unknown{Raw: []byte("a\nno such flag\n")}, nil
			})
			if resource, sub, _ := strings.Cut(c.forbidden, "/"); resource != "" {
				kube.PrependReactor("*", resource, func(a k8stesting.Action) (bool, runtime.Object, error) {
					if a.GetSubresource() != sub {
						return false, nil, nil
					}
					return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: resource}, "", errors.New("no"))
				})
			}
			found, err := Find(t.Context(), kube, Target{Namespace: "ns", Name: "etcd"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, found.Members[0].PodProblem()); diff != "" {
				t.Error(diff)
			}
			serving, err := FindServing(t.Context(), kube, Target{Namespace: "ns", Name: "etcd"})
			if err != nil {
				t.Fatal(err)
			}
			if got := serving.NoRunningMemberError().Error(); !strings.Contains(got, c.want) {
				t.Errorf("whoever reads keys is told %q", got)
			}
		})
	}
}

// TestLastLine finds the line of a log that says why etcd ended.
func TestLastLine(t *testing.T) {
	for name, c := range map[string]struct{ log, want string }{
		"a wrong flag":   {"flag provided but not defined: -name spaced\nUsage:\n\n  etcd [flags]\n    Start an etcd server.\n", "flag provided but not defined: -name spaced"},
		"a fatal error":  {fatalLog, `couldn't find local name "etcd-2" in the initial cluster configuration`},
		"it was removed": {`{"level":"warn","msg":"server error","error":"the member has been permanently removed from the cluster"}` + "\n" + `{"level":"info","msg":"stopped"}`, "the member has been permanently removed from the cluster"},
		"removed, and then fatal": {
			`{"level":"warn","msg":"server error","error":"the member has been permanently removed from the cluster"}` + "\n" +
				`{"level":"fatal","msg":"listener failed","error":"server is stopping"}`, "the member has been permanently removed from the cluster",
		},
		"a panic":          {`{"level":"panic","msg":"failed to create WAL","error":"no space left on device"}` + "\npanic: failed to create WAL\n\ngoroutine 1 [running]:\nmain.main()\n\tmain.go:31 +0x28\n", "failed to create WAL: no space left on device"},
		"a panic of Go's":  {"panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.main()\n", "panic: runtime error: index out of range"},
		"a line of JSON":   {`{"level":"info","msg":"stopped"}`, "stopped"},
		"any other line":   {"a\nlast one\n", "last one"},
		"usage from above": {"Usage:\n  etcd\n", "etcd"},
		"nothing":          {"", ""},
	} {
		if got := lastLine(c.log); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestCrashing distinguishes a container that was just restarted from one that has settled.
func TestCrashing(t *testing.T) {
	now := time.Now()
	ran := func(since time.Duration, last *corev1.ContainerStateTerminated) Member {
		return Member{Pod: container(corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(now.Add(-since))}}, last)}
	}
	ended := &corev1.ContainerStateTerminated{ExitCode: 1}
	for name, c := range map[string]struct {
		m    Member
		want bool
	}{
		"no pod":              {Member{}, false},
		"started again":       {ran(time.Second, ended), true},
		"has run since":       {ran(time.Hour, ended), false},
		"started only now":    {ran(time.Second, nil), false},
		"waits to be started": {Member{Pod: container(corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}, ended)}, false},
	} {
		if got := c.m.Crashing(now); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestReadyPodHasALastWord: a pod without probes is Ready whatever its etcd does.
func TestReadyPodHasALastWord(t *testing.T) {
	for name, c := range map[string]struct {
		ago  time.Duration
		want string
	}{
		"it ended a moment ago": {time.Minute, "exit code 0, restarted 1 times: no such flag"},
		"it ended long ago":     {2 * time.Hour, "exit code 0, restarted 1 times"},
	} {
		t.Run(name, func(t *testing.T) {
			pod := stuckPod("a", func(p *corev1.Pod) {
				p.Status.Phase = corev1.PodRunning
				p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
				p.Status.ContainerStatuses = []corev1.ContainerStatus{{
					Name: "main", Ready: true, RestartCount: 1, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}},
					LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{FinishedAt: metav1.NewTime(time.Now().Add(-c.ago))}},
				}}
			})
			kube := fake.NewClientset(setOf("etcd", 1, "etcd"), pod)
			kube.PrependReactor("get", "pods", func(a k8stesting.Action) (bool, runtime.Object, error) {
				return a.GetSubresource() == "log", &runtime.Unknown{Raw: []byte("no such flag\n")}, nil
			})
			found, err := Find(t.Context(), kube, Target{Namespace: "ns", Name: "etcd"})
			if err != nil {
				t.Fatal(err)
			}
			if got := found.Members[0].LastExit(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
