package deploy

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

func silent(...string) {}

func TestOneOperationAtATime(t *testing.T) {
	kube := fake.NewClientset()
	first, held, err := Acquire(t.Context(), kube, "ns", "etcd", "up", LeaseWait{Tell: silent})
	if err != nil {
		t.Fatal(err)
	}
	other := &Lease{kube: kube, namespace: "ns", name: cluster.LeaseName("etcd"), holder: "somebody@else (pid 1)"}
	var refused *LeaseHeldError
	if err := other.write(t.Context(), "drill", false); !errors.As(err, &refused) {
		t.Fatalf("a second operation got %v", err)
	}
	if err := other.write(t.Context(), "drill", true); err != nil {
		t.Fatalf("the lease of a dead one was not taken over: %v", err)
	}
	// The first one notices at its next write, and its context ends.
	if err := first.Step(held, "up: apply"); !errors.As(err, &refused) {
		t.Errorf("a step without the lease: %v", err)
	}
	select {
	case <-held.Done():
	case <-time.After(5 * time.Second):
		t.Fatal("an operation goes on without its lease")
	}
	first.Release(t.Context())
	if _, err := kube.CoordinationV1().Leases("ns").Get(t.Context(), other.name, metav1.GetOptions{}); err != nil {
		t.Fatalf("the release took the other's lease away: %v", err)
	}
}

func TestReleaseAfterInterruption(t *testing.T) {
	kube := fake.NewClientset()
	ctx, cancel := context.WithCancel(t.Context())
	lease, _, err := Acquire(ctx, kube, "ns", "etcd", "up", LeaseWait{Tell: silent})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	lease.Release(ctx)
	if again, _, err := Acquire(t.Context(), kube, "ns", "etcd", "up", LeaseWait{Tell: silent}); err != nil {
		t.Errorf("not released: %v", err)
	} else {
		again.Release(t.Context())
	}
}

func TestLiveHolderIsRefusedAtItsRenewal(t *testing.T) {
	kube := fake.NewClientset()
	holder := &Lease{kube: kube, namespace: "ns", name: cluster.LeaseName("etcd"), holder: "somebody@else (pid 1)"}
	if err := holder.write(t.Context(), "replace etcd-1", false); err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(2 * pollEvery)
		_ = holder.write(t.Context(), "replace etcd-1", false)
	}()
	_, _, err := Acquire(t.Context(), kube, "ns", "etcd", "up", LeaseWait{Tell: silent})
	var refused *LeaseHeldError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
}

func TestLongDeadHolderIsNotWaitedFor(t *testing.T) {
	kube := fake.NewClientset()
	dead := &Lease{kube: kube, namespace: "ns", name: cluster.LeaseName("etcd"), holder: "somebody@else (pid 1)"}
	if err := dead.write(t.Context(), "up", false); err != nil {
		t.Fatal(err)
	}
	leases := kube.CoordinationV1().Leases("ns")
	lease, err := leases.Get(t.Context(), dead.name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	lease.Spec.RenewTime = ptr.To(metav1.NewMicroTime(time.Now().Add(-20 * cluster.LeaseDuration)))
	if _, err := leases.Update(t.Context(), lease, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	taken, _, err := Acquire(t.Context(), kube, "ns", "etcd", "up", LeaseWait{Tell: silent})
	if err != nil || time.Since(begin) > cluster.LeaseDuration/2 {
		t.Fatalf("%v after %s", err, time.Since(begin))
	}
	taken.Release(t.Context())
}

// A process that was stalled while another one took the Lease, finished and released it must not go on either.
func TestStalledOperationDoesNotGoOn(t *testing.T) {
	kube := fake.NewClientset()
	stalled, held, err := Acquire(t.Context(), kube, "ns", "etcd", "replace etcd-1", LeaseWait{Tell: silent})
	if err != nil {
		t.Fatal(err)
	}
	if err := kube.CoordinationV1().Leases("ns").Delete(t.Context(), stalled.name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	var lost *LeaseHeldError
	if err := stalled.Step(held, "delete the volume claim"); !errors.As(err, &lost) {
		t.Errorf("got %v", err)
	}
	if _, err := kube.CoordinationV1().Leases("ns").Get(t.Context(), stalled.name, metav1.GetOptions{}); err == nil {
		t.Error("it took the lease again")
	}
	stalled.Release(t.Context())
}

// TestStepIsWrittenAfterTransientError checks that Step does not return before its step is in the Lease, if the API server
// refuses a request in between.
func TestStepIsWrittenAfterTransientError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kube := fake.NewClientset()
		lease, held, err := Acquire(t.Context(), kube, "ns", "etcd", "up", LeaseWait{Tell: silent})
		if err != nil {
			t.Fatal(err)
		}
		defer lease.Release(t.Context())
		failed := false
		kube.PrependReactor("update", "leases", func(clienttesting.Action) (bool, runtime.Object, error) {
			first := !failed
			failed = true
			return first, nil, apierrors.NewInternalError(errors.New("etcdserver: leader changed"))
		})
		for _, step := range []string{"delete the volume claim", "add etcd-1 as a learner"} {
			if err := lease.Step(held, step); err != nil {
				t.Fatal(err)
			}
			written, err := kube.CoordinationV1().Leases("ns").Get(t.Context(), lease.name, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := written.Annotations[cluster.StepAnnotation]; got != step {
				t.Errorf("Step returned, and the Lease has the step %q, not %q", got, step)
			}
		}
	})
}

// TestQueue checks that an operation waits for another one, and shows which one.
func TestQueue(t *testing.T) {
	kube := fake.NewClientset()
	holder := &Lease{kube: kube, namespace: "ns", name: cluster.LeaseName("etcd"), holder: "somebody@else (pid 1)"}
	if err := holder.write(t.Context(), "drill leader: read back", false); err != nil {
		t.Fatal(err)
	}
	go func() {
		for range 2 {
			time.Sleep(2 * pollEvery)
			_ = holder.write(t.Context(), "drill leader: clean up", false)
		}
		_ = kube.CoordinationV1().Leases("ns").Delete(t.Context(), holder.name, metav1.DeleteOptions{})
	}()
	var shown []string
	turn := LeaseWait{Wait: time.Minute, Tell: func(lines ...string) {
		for _, l := range lines {
			if !slices.Contains(shown, l) {
				shown = append(shown, l)
			}
		}
	}}
	if err := AwaitTurn(t.Context(), kube, "ns", "etcd", turn); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"waiting at most 1m0s for another operation to end: drill leader: read back, by somebody@else (pid 1)",
		"waiting at most 1m0s for another operation to end: drill leader: clean up, by somebody@else (pid 1)",
	}
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	taken, _, err := Acquire(t.Context(), kube, "ns", "etcd", "up", turn)
	if err != nil {
		t.Fatal(err)
	}
	taken.Release(t.Context())
}

// TestQueueIsNotEndless checks that the wait ends if the other operation goes on for longer.
func TestQueueIsNotEndless(t *testing.T) {
	kube := fake.NewClientset()
	holder := &Lease{kube: kube, namespace: "ns", name: cluster.LeaseName("etcd"), holder: "somebody@else (pid 1)"}
	if err := holder.write(t.Context(), "drill leader", false); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-time.After(pollEvery / 2):
				_ = holder.write(t.Context(), "drill leader", false)
			}
		}
	}()
	_, _, err := Acquire(t.Context(), kube, "ns", "etcd", "up", LeaseWait{Wait: time.Second, Tell: silent})
	var held *LeaseHeldError
	if !errors.As(err, &held) || !strings.Contains(err.Error(), "is still under way after 1s: drill leader, by somebody@else") || !strings.Contains(err.Error(), "wait longer with a larger --queue") {
		t.Errorf("%v", err)
	}
}
