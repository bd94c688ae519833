package drill

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// TestLeaderFaultKeepsData: a pod whose data would go with it is not deleted.
func TestLeaderFaultKeepsData(t *testing.T) {
	claim := corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}}
	scratch := corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
	each := func(v corev1.VolumeSource) [3]corev1.VolumeSource { return [3]corev1.VolumeSource{v, v, v} }
	const instead = `, and the member would not come back; drill a cluster with volumes instead ("kubectl etcd up etcd-stored -n data" makes one)`
	for _, c := range []struct {
		name    string
		volumes [3]corev1.VolumeSource
		path    string // where the volumes are mounted
		going   string // the claim of the leader that is being deleted
		want    string
	}{
		{"with volumes", each(claim), "/data", "", ""},
		{"an emptyDir each", each(scratch), "/data", "", `the data of etcd-0, etcd-1, etcd-2 is on the volume "data", which lives as long as the pod: it would be deleted with pod "etcd-1"` + instead},
		{"no volume", each(claim), "/elsewhere", "", `the data of etcd-0, etcd-1, etcd-2 is on no volume: it would be deleted with pod "etcd-1"` + instead},
		{"the leader alone has an emptyDir", [3]corev1.VolumeSource{claim, scratch, claim}, "/data", "", `the data of etcd-1 is on the volume "data", which lives as long as the pod: it would be deleted with pod "etcd-1"` + instead},
		{"a follower alone has an emptyDir", [3]corev1.VolumeSource{claim, claim, scratch}, "/data", "", ""},
		{"its claim is being deleted", each(claim), "/data", "data-etcd-1", `the volume claim "data-etcd-1" of member "etcd-1" is being deleted: its data would go with pod "etcd-1", and the member would not come back (see "kubectl etcd status --etcd etcd -n data")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := &cluster.Cluster{Name: "etcd", Namespace: "data"}
			kube := fake.NewClientset()
			for i, v := range c.volumes {
				pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("etcd-", i), Namespace: "data", OwnerReferences: []metav1.OwnerReference{
					{Kind: "StatefulSet", Name: "etcd", Controller: ptr.To(true)},
				}}}
				pod.Spec.Containers = []corev1.Container{{Name: "etcd", VolumeMounts: []corev1.VolumeMount{{Name: "data", MountPath: c.path}}}}
				pod.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: v}}
				if _, err := kube.CoreV1().Pods("data").Create(t.Context(), pod, metav1.CreateOptions{}); err != nil {
					t.Fatal(err)
				}
				cl.Members = append(cl.Members, cluster.Member{
					Name: pod.Name, PodName: pod.Name, Pod: pod, Server: cluster.Server{Container: "etcd", DataDir: "/data/etcd"},
				})
			}
			cl.Members[1].ClaimGoing = c.going
			kube.ClearActions()
			got := ""
			if err := leaderFault().Check(t.Context(), Scene{Kube: kube, Cluster: cl, Target: "etcd-1"}); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if n := len(kube.Actions()); c.want != "" && n > 0 {
				t.Errorf("%d requests were made before it was refused", n)
			}
		})
	}
}
