package lifecycle

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/ptr"

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

// heldByAnother returns the Lease of cluster "etcd", which another operation has just renewed.
func heldByAnother() *coordinationv1.Lease {
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: cluster.LeaseName("etcd"), Namespace: "ns"},
		Spec:       coordinationv1.LeaseSpec{HolderIdentity: ptr.To("somebody@else (pid 1)"), RenewTime: ptr.To(metav1.NowMicro())},
	}
}

// TestHoldWithoutLease: an operation that does not hold the Lease does not run, and one that ended as it should is no failure.
func TestHoldWithoutLease(t *testing.T) {
	kube := fake.NewClientset()
	env := Env{Kube: kube, Target: cluster.Target{Namespace: "ns", Name: "etcd"}, Progress: render.NewProgress(t.Output())}
	if err := env.Hold(t.Context(), "a step", func(context.Context, *deploy.Lease) error { return nil }); err != nil {
		t.Errorf("it was done: %v", err)
	}
	own := errors.New("its own")
	ctx, cancel := context.WithCancel(t.Context())
	err := env.Hold(ctx, "a step", func(context.Context, *deploy.Lease) error { cancel(); return own })
	if !errors.Is(err, own) {
		t.Errorf("interrupted by the user: %v", err)
	}
	if err := kube.Tracker().Add(heldByAnother()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	err = env.Hold(ctx, "a step", func(context.Context, *deploy.Lease) error { t.Error("it ran"); return nil })
	if err == nil {
		t.Error("another operation holds the Lease, and there is no error")
	}
}

// TestInTurn: a state that is refused is checked again only if another operation may have caused it, and after that has ended.
func TestInTurn(t *testing.T) {
	refused, still := errors.New("no quorum"), errors.New("still no quorum")
	idle := &cluster.Cluster{Name: "etcd"}
	busy := &cluster.Cluster{Name: "etcd", Operation: cluster.Operation{Text: "up, by somebody"}}
	type answer struct {
		cluster *cluster.Cluster
		err     error
	}
	for name, c := range map[string]struct {
		answers []answer
		held    time.Duration // how long another operation holds the Lease
		limit   time.Duration // of the command
		want    string
		checks  int
	}{
		"accepted":                       {[]answer{{busy, nil}}, 0, time.Hour, "", 1},
		"refused":                        {[]answer{{idle, refused}}, 0, time.Hour, "no quorum", 1},
		"not checked":                    {[]answer{{nil, refused}}, 0, time.Hour, "no quorum", 1},
		"refused, and the other is over": {[]answer{{busy, refused}, {idle, nil}}, 0, time.Hour, "", 2},
		"refused again":                  {[]answer{{busy, refused}, {idle, still}}, 0, time.Hour, "still no quorum", 2},
		"refused, and the other ends":    {[]answer{{busy, refused}, {idle, nil}}, 10 * time.Second, time.Hour, "", 2},
		"the other goes on":              {[]answer{{busy, refused}}, 2 * time.Minute, time.Hour, "another operation is still under way after 1m0s: ", 1},
		"the command's time is over":     {[]answer{{busy, refused}}, 2 * time.Minute, 5 * time.Second, "waiting for another operation to end (", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kube := fake.NewClientset()
				leases := kube.CoordinationV1().Leases("ns")
				env := Env{Kube: kube, Target: cluster.Target{Namespace: "ns"}, Queue: time.Minute, Progress: render.NewProgress(t.Output())}
				ctx, cancel := context.WithTimeout(t.Context(), c.limit)
				defer cancel()
				if c.held > 0 {
					if _, err := leases.Create(ctx, heldByAnother(), metav1.CreateOptions{}); err != nil {
						t.Fatal(err)
					}
					go func() {
						for range int(c.held / time.Second) {
							select {
							case <-time.After(time.Second):
							case <-ctx.Done():
								return
							}
							_, _ = leases.Update(ctx, heldByAnother(), metav1.UpdateOptions{})
						}
						_ = leases.Delete(ctx, cluster.LeaseName("etcd"), metav1.DeleteOptions{})
					}()
				}
				checks := 0
				err := env.InTurn(ctx, func(context.Context) (*cluster.Cluster, error) {
					checks++
					return c.answers[checks-1].cluster, c.answers[checks-1].err
				})
				got := ""
				if err != nil {
					got = err.Error()[:min(len(err.Error()), len(c.want))]
				}
				if diff := cmp.Diff(c.want, got); diff != "" || checks != c.checks || (err == nil) != (c.want == "") {
					t.Errorf("%d checks, %v, -want +got:\n%s", checks, err, diff)
				}
			})
		})
	}
}
