package deploy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

func podOf(name, node string, change func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns", UID: types.UID(name + "-uid")}}
	p.Spec.NodeName = node
	p.Status.Phase = corev1.PodPending
	change(p)
	return p
}

func waitingContainer(reason, message string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{
			State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}},
		}}
	}
}

func warningAbout(name, uid, reason, message string, age time.Duration) *corev1.Event {
	return &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"}, Type: corev1.EventTypeWarning,
		InvolvedObject: corev1.ObjectReference{UID: types.UID(uid)}, Reason: reason, Message: message,
		LastTimestamp: metav1.NewTime(time.Now().Add(-age)),
	}
}

// The fake API ignores field selectors, so each case has the events of one object alone.
func TestWaiting(t *testing.T) {
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "data-etcd-0", Namespace: "ns", UID: "claim-uid"}}
	volume := func(p *corev1.Pod) {
		p.Spec.Volumes = []corev1.Volume{{VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-etcd-0"},
		}}}
		p.Status.Conditions = []corev1.PodCondition{{
			Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes are available",
		}}
	}
	ready := func(p *corev1.Pod) {
		p.Status.Phase = corev1.PodRunning
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	}
	for name, c := range map[string]struct {
		pod    *corev1.Pod
		events []*corev1.Event
		want   []string
	}{
		"ready": {pod: podOf("etcd-0", "a", ready)},
		"not ready": {
			pod:  podOf("etcd-0", "a", func(p *corev1.Pod) { p.Status.Phase = corev1.PodRunning }),
			want: []string{"etcd-0: running, not ready yet"},
		},
		"no pod, because of a quota": {
			events: []*corev1.Event{warningAbout("e", "set-uid", "FailedCreate", "exceeded quota", time.Second)},
			want:   []string{"etcd-0: waiting for the pod to be created (FailedCreate: exceeded quota)"},
		},
		"the volume cannot be had": {
			pod:    podOf("etcd-0", "", volume),
			events: []*corev1.Event{warningAbout("e", "claim-uid", "ProvisioningFailed", "no such\n class", time.Second)},
			want:   []string{"etcd-0: unschedulable: 0/3 nodes are available (ProvisioningFailed: no such class)"},
		},
		"the newest warning": {
			pod: podOf("etcd-0", "a", waitingContainer("ContainerCreating", "")),
			events: []*corev1.Event{
				warningAbout("new", "etcd-0-uid", "FailedMount", "not attached", time.Second),
				warningAbout("old", "etcd-0-uid", "FailedScheduling", "no node", time.Minute),
			},
			want: []string{"etcd-0: ContainerCreating (FailedMount: not attached)"},
		},
		"the image cannot be pulled": {
			pod:  podOf("etcd-0", "a", waitingContainer("ErrImagePull", "no such tag")),
			want: []string{"etcd-0: ErrImagePull: no such tag"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			kube := fake.NewClientset(claim)
			for _, e := range c.events {
				if err := kube.Tracker().Add(e); err != nil {
					t.Fatal(err)
				}
			}
			found := &cluster.Cluster{
				Name: "etcd", Namespace: "ns", Members: []cluster.Member{{Name: "etcd-0", Pod: c.pod}},
				StatefulSet: &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "etcd", Namespace: "ns", UID: "set-uid"}},
			}
			if diff := cmp.Diff(c.want, Waiting(t.Context(), kube, found)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
