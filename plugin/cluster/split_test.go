package cluster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/ptr"
)

// twoEtcds is a StatefulSet whose pod runs two etcd containers.
func twoEtcds() []runtime.Object {
	set := setOf("cp", 1, "etcd")
	set.Spec.Template.Spec.Containers = []corev1.Container{
		{Name: "main", Command: []string{"etcd", "--name=main", "--listen-client-urls=http://0.0.0.0:2379"}},
		{Name: "app", Command: []string{"app"}},
		{Name: "events", Command: []string{"etcd", "--name=events", "--listen-client-urls=http://0.0.0.0:2382"}},
	}
	return []runtime.Object{set, podIn(set, "cp-0")}
}

func TestTwoInOnePod(t *testing.T) {
	kube := fake.NewClientset(twoEtcds()...)
	several := ` names several etcd clusters: cp.events, cp.main (choose one of them, with --etcd if the command has no argument NAME; --container chooses between those in one pod: events, main)`
	for name, c := range map[string]struct {
		query Target
		want  string // name, member, container and port, or part of the error
	}{
		"no name":                    {Target{}, `namespace "ns" has several etcd clusters: cp.events, cp.main (choose one of them`},
		"the owner's name":           {Target{Name: "cp"}, `"cp" in namespace "ns"` + several},
		"the owner":                  {Target{Name: "sts/cp"}, `"sts/cp" in namespace "ns"` + several},
		"the name of one":            {Target{Name: "cp.events"}, "cp.events events events 2382"},
		"a container":                {Target{Container: "events"}, "cp events events 2382"},
		"the owner's, a container":   {Target{Name: "cp", Container: "main"}, "cp main main 2379"},
		"the owner, and a container": {Target{Name: "statefulset/cp", Container: "events"}, "cp events events 2382"},
		"both":                       {Target{Name: "cp.events", Container: "events"}, "cp events events 2382"},
		"another container":          {Target{Name: "cp", Container: "app"}, `container "app" of pod "cp-0" in namespace "ns" runs image "" and has no settings of etcd`},
	} {
		t.Run(name, func(t *testing.T) {
			c.query.Namespace = "ns"
			found, err := Find(t.Context(), kube, c.query)
			if err != nil {
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %q, want %q", err, c.want)
				}
				return
			}
			m := found.Members[0]
			if diff := cmp.Diff(c.want, strings.Join([]string{found.Name, m.Name, m.Server.Container, fmt.Sprint(m.Server.Port)}, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
	want := []string{"cp.events StatefulSet/cp: events", "cp.main StatefulSet/cp: main"}
	if diff := cmp.Diff(want, describedAll(t, twoEtcds()...)); diff != "" {
		t.Error(diff)
	}
}

// TestNativeSidecar has etcd in an init container with restartPolicy Always, which runs beside the others.
func TestNativeSidecar(t *testing.T) {
	pod := etcdPod("api-0", "--listen-client-urls=http://127.0.0.1:2379")
	etcd := pod.Spec.Containers[0]
	etcd.RestartPolicy = ptr.To(corev1.ContainerRestartPolicyAlways)
	prepare := corev1.Container{Name: "prepare", Command: []string{"etcd", "--force-new-cluster"}} // it ends before the other containers start
	pod.Spec.InitContainers, pod.Spec.Containers = []corev1.Container{prepare, etcd}, []corev1.Container{{Name: "app", Command: []string{"app"}}}
	pod.Status.InitContainerStatuses = []corev1.ContainerStatus{
		{Name: "prepare", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}},
		{Name: "main", ContainerID: "c1", RestartCount: 2, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}},
	}
	pod.Status.Phase = corev1.PodPending // the containers after it have not started yet
	kube := fake.NewClientset(pod)
	for _, target := range []Target{{Namespace: "ns"}, {Namespace: "ns", Container: "main"}} {
		c, err := Find(t.Context(), kube, target)
		if err != nil {
			t.Fatal(err)
		}
		m := c.Members[0]
		id, restarts := m.Process()
		if m.Server.Container != "main" || m.PodProblem() != "" || id != "c1" || restarts != 2 {
			t.Errorf("container %q, trouble %q, process %q restarted %d times", m.Server.Container, m.PodProblem(), id, restarts)
		}
	}
	pod.Status.InitContainerStatuses[1].State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff"}}
	if got := (Member{Pod: pod, Server: Server{Container: "main"}}).PodProblem(); got != "ImagePullBackOff" {
		t.Errorf("trouble %q", got)
	}
	if found := describedAll(t, etcdPodWithout(pod)); found != nil {
		t.Errorf("an init container that ends is taken for an etcd: %q", found)
	}
}

func etcdPodWithout(pod *corev1.Pod) *corev1.Pod {
	pod = pod.DeepCopy()
	pod.Spec.InitContainers = pod.Spec.InitContainers[:1]
	return pod
}

// TestEndedPods: a pod that has ended for good is no member if its owner has made another one.
func TestEndedPods(t *testing.T) {
	ended := func(pod *corev1.Pod, phase corev1.PodPhase, age int) *corev1.Pod {
		pod.Status = corev1.PodStatus{Phase: phase, Reason: "Evicted", Message: "The node was low on resource: memory."}
		pod.CreationTimestamp = metav1.NewTime(time.Unix(int64(1000-age), 0))
		return pod
	}
	replica := func(name string) *corev1.Pod {
		pod := owned(etcdPod(name), "ReplicaSet", "cache-7d9f")
		pod.Labels[appsv1.DefaultDeploymentUniqueLabelKey] = "7d9f"
		return pod
	}
	for name, c := range map[string]struct {
		objects []runtime.Object
		want    []string
		trouble string
	}{
		"evicted, and replaced": {
			[]runtime.Object{ended(replica("c-1"), corev1.PodFailed, 2), ended(replica("c-2"), corev1.PodSucceeded, 1), replica("c-3")},
			[]string{"cache Deployment/cache: c-3"},
			"",
		},
		"evicted, and not replaced": {
			[]runtime.Object{ended(replica("c-1"), corev1.PodFailed, 2), ended(replica("c-2"), corev1.PodFailed, 1)},
			[]string{"cache Deployment/cache: c-2"},
			"pod is Failed: Evicted: The node was low on resource: memory.",
		},
		"a bare pod that failed": {
			[]runtime.Object{ended(etcdPod("old"), corev1.PodFailed, 1)},
			[]string{"old bare pods: old"},
			"pod is Failed: Evicted: The node was low on resource: memory.",
		},
		"one of a StatefulSet": {
			[]runtime.Object{setOf("etcd", 2, "etcd"), ended(podIn(setOf("etcd", 2, "etcd"), "etcd-0"), corev1.PodFailed, 1)},
			[]string{"etcd StatefulSet/etcd: etcd-0 etcd-1"},
			"pod is Failed: Evicted: The node was low on resource: memory.",
		},
		"a bare pod that succeeded": {[]runtime.Object{ended(etcdPod("old"), corev1.PodSucceeded, 1)}, nil, ""},
		"a Job's":                   {[]runtime.Object{ended(owned(etcdPod("check-1"), "Job", "check"), corev1.PodFailed, 1)}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, describedAll(t, c.objects...)); diff != "" {
				t.Fatal(diff)
			}
			if c.want == nil {
				return
			}
			found, err := Find(t.Context(), fake.NewClientset(c.objects...), Target{Namespace: "ns"})
			if err != nil {
				t.Fatal(err)
			}
			if got := found.Members[0].PodProblem(); got != c.trouble {
				t.Errorf("trouble %q, want %q", got, c.trouble)
			}
		})
	}
}
