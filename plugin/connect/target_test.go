package connect

import (
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect/portforward"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

func podOf(uid, kind, owner, ownerUID string) *corev1.Pod {
	p := kubetest.Pod("etcd-0", corev1.ConditionTrue)
	p.UID = types.UID(uid)
	if kind != "" {
		p.OwnerReferences = []metav1.OwnerReference{{Kind: kind, Name: owner, UID: types.UID(ownerUID), Controller: ptr.To(true)}}
	}
	return p
}

// TestAPodIsRecognized connects again to a pod of the same name, after podMaxAge.
func TestAPodIsRecognized(t *testing.T) {
	set := podOf("1", "StatefulSet", "etcd", "s")
	tests := []struct {
		name        string
		before, now *corev1.Pod
		want        string
	}{
		{"the same", set, set, ""},
		{"made again by its StatefulSet", set, podOf("2", "StatefulSet", "etcd", "s"), ""},
		{"made by another of that name", set, podOf("2", "StatefulSet", "etcd", "other"), `pod ns/etcd-0 was replaced: its owner was StatefulSet "etcd" (uid s) and is now StatefulSet "etcd" (uid other) (run the command again)`},
		{"bare now", set, podOf("2", "", "", ""), `its owner was StatefulSet "etcd" (uid s) and is now none`},
		{"bare before and now", podOf("1", "", "", ""), podOf("2", "", "", ""), "its owner was none and is now none"},
		{"the same bare one", podOf("1", "", "", ""), podOf("1", "", "", ""), ""},
		{"a static one whose kubelet made it again", podOf("1", "Node", "a", "n"), podOf("2", "Node", "a", "n"), ""},
		{"there was none before", nil, set, ""},
		{"gone", set, nil, `read pod ns/etcd-0 again: pods "etcd-0" not found`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			kube := fake.NewClientset()
			if test.now != nil {
				kube = fake.NewClientset(test.now)
			}
			to := &target{kube: kube, namespace: "ns", member: cluster.Member{PodName: "etcd-0"}, pod: test.before, podReadAt: time.Now().Add(-time.Minute)}
			err := to.checkPod(t.Context())
			if test.want != "" {
				kubetest.WantError(t, err, test.want)
			} else if err != nil {
				t.Errorf("error %v", err)
			}
			// A pod that was refused must be refused again.
			if again := to.checkPod(t.Context()); (again == nil) != (err == nil) {
				t.Errorf("the second time: %v", again)
			}
		})
	}
}

// TestForeignPodIsNotDialed checks that nothing is sent to a pod that was replaced by one of a different owner.
func TestForeignPodIsNotDialed(t *testing.T) {
	t.Parallel()
	s := (&kubetest.APIServer{Backend: kubetest.Listen(t, kubetest.Echo)}).Serve(t)
	to := &target{
		dialer: &portforward.Dialer{Config: s.Config(), REST: s.REST(t)}, kube: fake.NewClientset(podOf("2", "", "", "")), namespace: "ns",
		member: cluster.Member{PodName: "etcd-0", Server: cluster.Server{Scheme: "http", Port: 2379}}, pod: podOf("1", "", "", ""),
	}
	_, err := to.dial(t.Context())
	kubetest.WantError(t, err, "was replaced")
	if s.WebSockets.Load() != 0 {
		t.Error("it was dialled all the same")
	}
	// A pod that was just read is not read again.
	to.podReadAt = time.Now()
	conn, err := to.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}

func TestReadingPodAgainIsForbidden(t *testing.T) {
	kube := fake.NewClientset()
	kube.PrependReactor("get", "pods", func(k8stesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "etcd-0", errors.New("no"))
	})
	to := &target{kube: kube, namespace: "ns", member: cluster.Member{PodName: "etcd-0"}, pod: podOf("1", "", "", "")}
	if err := to.checkPod(t.Context()); !apierrors.IsForbidden(err) {
		t.Errorf("error %v", err)
	}
}
