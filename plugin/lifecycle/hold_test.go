package lifecycle

import (
	"context"
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// TestHold checks that Hold releases the Lease, and that its error says that the Lease was lost.
func TestHold(t *testing.T) {
	kube := fake.NewClientset()
	leases := kube.CoordinationV1().Leases("ns")
	env := Env{Kube: kube, Target: cluster.Target{Namespace: "ns", Name: "etcd"}, Progress: render.NewProgress(t.Output())}
	own := errors.New("its own")
	err := env.Hold(t.Context(), "a step", func(ctx context.Context, _ *deploy.Lease) error {
		if _, err := leases.Get(ctx, "etcd-operation", metav1.GetOptions{}); err != nil {
			t.Error(err)
		}
		return own
	})
	if !errors.Is(err, own) {
		t.Error(err)
	}
	err = env.Hold(t.Context(), "a step", func(ctx context.Context, lease *deploy.Lease) error {
		if err := leases.Delete(ctx, "etcd-operation", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		_ = lease.Step(ctx, "another")
		return own
	})
	if err == nil || !strings.HasPrefix(err.Error(), "lost the operation lease: ") {
		t.Error(err)
	}
	if list, err := leases.List(t.Context(), metav1.ListOptions{}); err != nil || len(list.Items) > 0 {
		t.Errorf("%d Leases are left, %v", len(list.Items), err)
	}
}
