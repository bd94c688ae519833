package fault

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func TestFind(t *testing.T) {
	for _, f := range All() {
		got, err := Find(f.Name)
		if err != nil || got.Name != f.Name || got.Aim == nil || got.Check == nil || got.Do == nil || got.About == "" {
			t.Errorf("fault %q is not complete: %+v, %v", f.Name, got, err)
		}
	}
	for name, want := range map[string]string{"": "no fault is given", "nope": `unknown fault "nope" (choose one of leader`} {
		if _, err := Find(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("fault %q: %v, want %q", name, err, want)
		}
	}
}

func status(voters, learners int) report.Status {
	s := report.Status{Head: report.Head{Cluster: "etcd", Namespace: "data"}, Leader: "etcd-0"}
	for i := range voters + learners {
		m := report.Member{Name: fmt.Sprint("etcd-", i), ID: fmt.Sprint("id", i), Healthy: true, Role: report.Follower}
		switch {
		case i == 0:
			m.Role = report.Leader
		case i >= voters:
			m.Role = report.Learner
		}
		s.Members = append(s.Members, m)
	}
	return s
}

// TestAim: no fault makes the cluster lose its quorum, except "quorum".
func TestAim(t *testing.T) {
	aimed := map[string]bool{}
	for _, c := range []struct {
		fault            string
		voters, learners int
		targets          []string
		says             string // the plan, or the error
	}{
		{"leader", 3, 0, []string{"etcd-0"}, "delete pod etcd-0, which leads etcd cluster data/etcd"},
		{"leader", 1, 0, nil, "cannot lose 1 of 1 voters"},
		{"leader", 2, 1, nil, "cannot lose 1 of 2 voters: the others would have no quorum (this drill needs at least 3 voters)"},
		{"leader-force", 5, 0, []string{"etcd-0"}, "without a grace period"},
		{"crash", 3, 0, []string{"etcd-0"}, "kill etcd (SIGKILL) in pod etcd-0"},
		{"pause", 2, 0, nil, "needs at least 3"},
		{"evict", 3, 0, []string{"etcd-0"}, "evict pod etcd-0"},
		{"drain", 3, 0, []string{"etcd-0"}, "cordon the node of pod etcd-0, which leads etcd cluster data/etcd, evict that pod, and uncordon the node later"},
		{"follower", 3, 1, []string{"etcd-1"}, "delete pod etcd-1, a follower of"},
		{"disk", 3, 0, []string{"etcd-1"}, "delete the volume of pod etcd-1 and the data on it"},
		{"move-leader", 2, 0, []string{"etcd-0"}, "move the leadership from etcd-0"},
		{"move-leader", 1, 1, nil, "no other voter for the leadership"},
		{"rolling", 3, 0, []string{"etcd-1", "etcd-2", "etcd-0"}, "each of the 3 voters"},
		{"quorum", 3, 0, []string{"etcd-0", "etcd-1"}, "2 of the 3 voters"},
		{"quorum", 5, 1, []string{"etcd-0", "etcd-1", "etcd-2"}, "the cluster loses its quorum"},
		{"quorum", 2, 0, nil, "needs at least 3"},
		{"observe", 1, 0, []string{}, "without a fault"},
	} {
		aimed[c.fault] = true
		t.Run(fmt.Sprint(c.fault, c.voters, c.learners), func(t *testing.T) {
			f, err := Find(c.fault)
			if err != nil {
				t.Fatal(err)
			}
			targets, plan, err := f.Aim(status(c.voters, c.learners))
			if err != nil {
				plan = err.Error()
			}
			if (err != nil) != (c.targets == nil) || !slices.Equal(targets, c.targets) || !strings.Contains(plan, c.says) {
				t.Errorf("%q, %q, %v", targets, plan, err)
			}
		})
	}
	for _, f := range All() {
		if !aimed[f.Name] {
			t.Errorf("fault %q has no row here: say at whom it aims, and when it cannot", f.Name)
		}
	}
}

// scene returns a cluster of three pods with the second one as the target.
func scene(t *testing.T, change func(pods []*corev1.Pod)) (*Scene, *fake.Clientset) {
	t.Helper()
	var pods []*corev1.Pod
	for i := range 3 {
		pods = append(pods, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Name: fmt.Sprint("etcd-", i), Namespace: "data", UID: "uid",
				OwnerReferences: []metav1.OwnerReference{{Kind: "StatefulSet", Name: "etcd", Controller: ptr.To(true)}},
			},
			Spec: corev1.PodSpec{
				NodeName:   "node",
				Containers: []corev1.Container{{Name: "etcd", VolumeMounts: []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}}},
				Volumes: []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
					PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"},
				}}},
			},
		})
	}
	if change != nil {
		change(pods)
	}
	kube := fake.NewClientset(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node"}})
	c := &cluster.Cluster{Name: "etcd", Namespace: "data", Owner: cluster.Owner{Kind: cluster.OwnerStatefulSet, Name: "etcd"}}
	for _, pod := range pods {
		if _, err := kube.CoreV1().Pods("data").Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		c.Members = append(c.Members, cluster.Member{Name: pod.Name, PodName: pod.Name, Pod: pod, Server: cluster.Server{Container: "etcd", DataDir: "/data/etcd"}})
	}
	kube.ClearActions()
	return &Scene{
		Env: lifecycle.Env{Kube: kube, Target: cluster.Target{Namespace: "data"}}, View: &lifecycle.View{Cluster: c}, Targets: []string{"etcd-1"}, Image: "agent",
		Event: t.Logf, EventAt: func(time.Time, string) {}, Struck: func(time.Time, string) {}, Left: func(text string) { t.Log(text) },
	}, kube
}

func TestDeleteTargets(t *testing.T) {
	s, kube := scene(t, nil)
	if err := leader().Do(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := kube.CoreV1().Pods("data").Get(t.Context(), "etcd-1", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the pod is still there: %v", err)
	}
	s.Targets = []string{"etcd-9"}
	if err := leader().Do(t.Context(), s); err == nil {
		t.Error("a member without a pod was deleted")
	}
}

// TestDataKept: a pod is not deleted if it is not recreated under its name, or if its data would be deleted with it.
func TestDataKept(t *testing.T) {
	scratch := corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
	const instead = `, and the member would not come back; drill a cluster with volumes instead ("kubectl etcd up etcd-stored -n data" creates one)`
	for _, c := range []struct {
		name   string
		change func([]*corev1.Pod)
		going  string // the target's claim that is being deleted
		want   string
	}{
		{"with volumes", nil, "", ""},
		{"an emptyDir each", func(pods []*corev1.Pod) {
			for _, pod := range pods {
				pod.Spec.Volumes[0].VolumeSource = scratch
			}
		}, "", `the data of etcd-0, etcd-1, etcd-2 is on the volume "data", which lives as long as the pod: it would be deleted with pod "etcd-1"` + instead},
		{"no volume", func(pods []*corev1.Pod) {
			for _, pod := range pods {
				pod.Spec.Containers[0].VolumeMounts[0].MountPath = "/elsewhere"
			}
		}, "", `the data of etcd-0, etcd-1, etcd-2 is on no volume: it would be deleted with pod "etcd-1"` + instead},
		{
			"only the target has an emptyDir", func(pods []*corev1.Pod) { pods[1].Spec.Volumes[0].VolumeSource = scratch }, "",
			`the data of etcd-1 is on the volume "data", which lives as long as the pod: it would be deleted with pod "etcd-1"` + instead,
		},
		{"only another member has an emptyDir", func(pods []*corev1.Pod) { pods[2].Spec.Volumes[0].VolumeSource = scratch }, "", ""},
		{"its claim is being deleted", nil, "data-etcd-1", `the volume claim "data-etcd-1" of member "etcd-1" is being deleted: its data would be deleted with pod "etcd-1", and the member would not come back (see "kubectl etcd status --etcd etcd -n data")`},
		{
			"no controller recreates it", func(pods []*corev1.Pod) { pods[1].OwnerReferences = nil }, "",
			`pod "etcd-1" does not belong to a StatefulSet (StatefulSet/etcd): after its deletion no pod of that name would be created, so there is nothing to measure`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, f := range []Fault{leader(), leaderForce(), follower(), rolling(), quorum(), evict(), drain()} {
				s, kube := scene(t, c.change)
				s.View.Cluster.Members[1].ClaimGoing = c.going
				got := ""
				if err := f.Check(t.Context(), s); err != nil {
					got = err.Error()
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s: -want +got:\n%s", f.Name, diff)
				}
				if n := len(kube.Actions()); c.want != "" && n > 0 {
					t.Errorf("%s: %d requests were made before it was refused", f.Name, n)
				}
			}
		})
	}
}

func TestEvictRespectsTheBudget(t *testing.T) {
	s, kube := scene(t, nil)
	kube.PrependReactor("create", "pods/eviction", func(action kubetesting.Action) (bool, runtime.Object, error) {
		eviction, _ := action.(kubetesting.CreateAction).GetObject().(*policyv1.Eviction)
		if eviction.DeleteOptions.Preconditions.UID == nil {
			t.Error("the eviction would hit a pod of that name that came after")
		}
		return true, nil, apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10)
	})
	err := evict().Check(t.Context(), s)
	if err == nil || !strings.Contains(err.Error(), `the PodDisruptionBudget of pod "etcd-1" allows no eviction now`) {
		t.Error(err)
	}
}

// TestEvict: the target's pod is evicted, and no other.
func TestEvict(t *testing.T) {
	s, kube := scene(t, nil)
	var events []string
	s.Event = func(format string, args ...any) { events = append(events, fmt.Sprintf(format, args...)) }
	var evicted []string
	kube.PrependReactor("create", "pods/eviction", func(action kubetesting.Action) (bool, runtime.Object, error) {
		eviction, _ := action.(kubetesting.CreateAction).GetObject().(*policyv1.Eviction)
		evicted = append(evicted, fmt.Sprint(eviction.Name, eviction.DeleteOptions.DryRun, *eviction.DeleteOptions.Preconditions.UID))
		return true, nil, nil
	})
	if err := evict().Do(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"etcd-1[]uid"}, evicted); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"evict pod etcd-1"}, events); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestDrainUncordons: a drain that is interrupted uncordons the node too. A node that another user cordoned is left
// alone.
func TestDrainUncordons(t *testing.T) {
	s, kube := scene(t, nil)
	s.For = time.Millisecond
	cordoned := func() bool {
		node, err := kube.CoreV1().Nodes().Get(t.Context(), "node", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return node.Spec.Unschedulable
	}
	if err := drain().Do(t.Context(), s); err != nil || cordoned() {
		t.Errorf("%v, cordoned: %t", err, cordoned())
	}
	kube.PrependReactor("create", "pods/eviction", func(kubetesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewInternalError(fmt.Errorf("no"))
	})
	if err := drain().Do(t.Context(), s); err == nil || !cordoned() {
		t.Errorf("%v, cordoned: %t", err, cordoned())
	}
	if err := drain().Check(t.Context(), s); err == nil {
		t.Error("a cordoned node was taken")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	kube.PrependReactor("patch", "nodes", func(kubetesting.Action) (bool, runtime.Object, error) { return ended.Err() != nil, nil, ended.Err() })
	if err := s.Undo(ended); err == nil {
		t.Error("the node cannot have been uncordoned")
	}
	ended = t.Context()
	if err := s.Undo(t.Context()); err != nil || cordoned() { // a failed undo is retried
		t.Errorf("%v, cordoned: %t", err, cordoned())
	}
	if err := s.Undo(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestDiskWantsASeal(t *testing.T) {
	for state, want := range map[cluster.SealState]string{
		cluster.SealNone: "has no seal", cluster.SealOpen: `is not closed`, cluster.SealEmpty: `kubectl etcd seal --etcd etcd -n data`,
	} {
		s, kube := scene(t, nil)
		s.View.Cluster.Seal.State = state
		if err := disk().Check(t.Context(), s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", state, err, want)
		}
		if n := len(kube.Actions()); n > 0 {
			t.Errorf("%d requests were made before it was refused", n)
		}
	}
}
