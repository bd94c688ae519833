package drill

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func TestFind(t *testing.T) {
	for _, f := range Faults() {
		got, err := Find(f.Name)
		if err != nil || got.Name != f.Name || got.Aim == nil || got.Check == nil || got.Do == nil || got.About == "" {
			t.Errorf("fault %q is not complete: %+v, %v", f.Name, got, err)
		}
	}
	for name, want := range map[string]string{"": "no fault is given", "nope": `unknown fault "nope" (there is: leader`} {
		if _, err := Find(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("fault %q: %v, want %q", name, err, want)
		}
	}
}

func TestLeaderFault(t *testing.T) {
	f := leaderFault()
	if _, _, err := f.Aim(report.Status{Leader: "etcd-0", Members: rows(1)}); err == nil {
		t.Error("a single member is drilled, though nobody else can lead")
	}
	withLearner := rows(3)
	withLearner[2].Role = report.Learner
	if _, _, err := f.Aim(report.Status{Leader: "etcd-0", Members: withLearner}); err == nil {
		t.Error("a learner was taken for one that can lead")
	}
	target, plan, err := f.Aim(report.Status{Cluster: "etcd", Namespace: "data", Leader: "etcd-1", Members: rows(3)})
	if err != nil || target != "etcd-1" || !strings.Contains(plan, "delete pod etcd-1, which leads etcd cluster data/etcd") {
		t.Errorf("target %q, plan %q, error %v", target, plan, err)
	}

	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "etcd-1", Namespace: "data", UID: "b", OwnerReferences: []metav1.OwnerReference{
		{Kind: "StatefulSet", Name: "etcd", Controller: ptr.To(true)},
	}}}
	kube := fake.NewClientset(pod)
	scene := Scene{Kube: kube, Target: "etcd-1", Cluster: &cluster.Cluster{Name: "etcd", Namespace: "data", Members: []cluster.Member{{Name: "etcd-1", Pod: pod}}}}
	if err := f.Do(t.Context(), scene); err != nil {
		t.Fatal(err)
	}
	if _, err := kube.CoreV1().Pods("data").Get(t.Context(), "etcd-1", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the pod is still there: %v", err)
	}
	alone := pod.DeepCopy()
	alone.OwnerReferences = nil
	scene.Cluster.Members[0].Pod = alone
	if err := f.Check(t.Context(), scene); err == nil {
		t.Error("a pod that nobody makes anew was deleted")
	}
	scene.Target = "etcd-2"
	if err := f.Do(t.Context(), scene); err == nil {
		t.Error("a member without a pod was deleted")
	}
}
