package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// LeaseWait is how an operation waits for another one that holds the Lease.
type LeaseWait struct {
	Wait time.Duration   // for a live operation to end; 0 refuses. The Lease of a killed one is waited for in any case
	Tell func(...string) // shows what the operation waits for; without arguments it ends that
}

// AwaitTurn waits as Acquire does until no other operation is under way on a cluster, and does not take the Lease.
func AwaitTurn(ctx context.Context, kube kubernetes.Interface, namespace, clusterName string, turn LeaseWait) error {
	l := newLease(kube, namespace, clusterName)
	return turn.retryUntilFree(ctx, func(dead bool) error {
		lease, err := kube.CoordinationV1().Leases(namespace).Get(ctx, l.name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err == nil && !dead && !l.mayTake(lease):
			return &LeaseHeldError{Text: cluster.OperationText(lease), Renewed: lease.Spec.RenewTime.Time}
		}
		return err
	})
}

// retryUntilFree calls try until it does not return a *LeaseHeldError. It sets dead if the holder has not renewed for
// cluster.LeaseDuration while it was observed: two machines' clocks may differ, so the renew time itself does not count
// (client-go's leader election does the same). It returns the *LeaseHeldError of a live holder after t.Wait.
func (t LeaseWait) retryUntilFree(ctx context.Context, try func(dead bool) error) error {
	defer t.Tell()
	var observed *LeaseHeldError // the holder, at the last renewal that was observed
	begin, observedAt := time.Now(), time.Now()
	err := wait.PollUntilContextCancel(ctx, pollEvery, true, func(context.Context) (bool, error) {
		err := try(observed != nil && time.Since(observedAt) > cluster.LeaseDuration)
		var held *LeaseHeldError
		if !errors.As(err, &held) {
			return true, err
		}
		alive := held.Renewed.IsZero() || observed != nil && !held.Renewed.Equal(observed.Renewed)
		if waited := time.Since(begin); alive && waited >= t.Wait {
			if t.Wait > 0 {
				held.Waited = t.Wait
			}
			return false, held
		}
		if observed == nil || alive {
			observed, observedAt = held, time.Now()
		}
		t.Tell(t.text(held))
		return false, nil
	})
	if observed != nil && errors.Is(err, context.DeadlineExceeded) {
		// The deadline may have interrupted a request. Its error is not shown: the command waited for the Lease.
		return fmt.Errorf("waiting for another operation to end (%s): %w", observed.Text, context.Cause(ctx))
	}
	return err
}

// text names the holder that the operation waits for. It leaves out the age of the renewal, which changes all the time: if
// lines are not redrawn, each new text is another line.
func (t LeaseWait) text(held *LeaseHeldError) string {
	holder, _, _ := strings.Cut(held.Text, ", last seen")
	if t.Wait > 0 {
		return fmt.Sprintf("waiting at most %s for another operation to end: %s", t.Wait, holder)
	}
	return "checking whether the other operation is alive, until its Lease is renewed or expires: " + holder
}

// LeaseHeldError is the error if another operation holds the Lease.
type LeaseHeldError struct {
	Text    string        // the holder of the Lease and its step
	Renewed time.Time     // when the holder last renewed it; zero counts as alive
	Waited  time.Duration // how long the caller waited for the operation to end
}

func (e *LeaseHeldError) Error() string {
	if e.Waited > 0 {
		return fmt.Sprintf("another operation is still under way after %s: %s (wait until it has ended, or wait longer with a larger --queue)", e.Waited, e.Text)
	}
	return fmt.Sprintf("another operation is under way: %s (wait until it has ended, or let this command wait for it with --queue 10m)", e.Text)
}
