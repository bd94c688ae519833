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

// Turn says how an operation waits for another one that holds the Lease.
type Turn struct {
	Wait time.Duration   // for the end of one that is alive; 0 refuses. The Lease of one that was killed is waited for in any case
	Tell func(...string) // shows what is waited for; without arguments it ends that
}

// AwaitTurn waits until no other operation is under way on a cluster, as Acquire does, and takes nothing.
func AwaitTurn(ctx context.Context, kube kubernetes.Interface, namespace, clusterName string, turn Turn) error {
	l := newLease(kube, namespace, clusterName)
	return turn.take(ctx, func(dead bool) error {
		lease, err := kube.CoordinationV1().Leases(namespace).Get(ctx, l.name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil
		case err == nil && !dead && !l.mayTake(lease):
			return &HeldError{Text: cluster.OperationText(lease), Renewed: lease.Spec.RenewTime.Time}
		}
		return err
	})
}

// take tries until the Lease is free. Whether a holder is alive is told by whether it renews while we watch, as client-go's
// leader election does it, because two machines' clocks may differ.
func (t Turn) take(ctx context.Context, try func(dead bool) error) error {
	defer t.Tell()
	var seen *HeldError // the holder, at its renewal that was seen last
	begin, since := time.Now(), time.Now()
	err := wait.PollUntilContextCancel(ctx, pollEvery, true, func(context.Context) (bool, error) {
		err := try(seen != nil && time.Since(since) > cluster.LeaseDuration)
		var held *HeldError
		if !errors.As(err, &held) {
			return true, err
		}
		alive := held.Renewed.IsZero() || seen != nil && !held.Renewed.Equal(seen.Renewed)
		if waited := time.Since(begin); alive && waited >= t.Wait {
			if t.Wait > 0 {
				held.Waited = t.Wait
			}
			return false, held
		}
		if seen == nil || alive {
			seen, since = held, time.Now()
		}
		t.Tell(t.text(held))
		return false, nil
	})
	if seen != nil && errors.Is(err, context.DeadlineExceeded) {
		// Not the error of a request that the deadline cut off: what it waited for is the lease.
		return fmt.Errorf("waiting for another operation to end (%s): %w", seen.Text, context.Cause(ctx))
	}
	return err
}

// text says who is waited for, without what changes all the time: where lines are not redrawn, each new one is written.
func (t Turn) text(held *HeldError) string {
	holder, _, _ := strings.Cut(held.Text, ", last seen")
	if t.Wait > 0 {
		return fmt.Sprintf("waiting at most %s for another operation to end: %s", t.Wait, holder)
	}
	return "waiting to see whether it is alive, or else until its lease expires: " + holder
}

// HeldError says that another operation is under way.
type HeldError struct {
	Text    string        // who holds the Lease, and at which step
	Renewed time.Time     // when the holder last renewed it; zero where that says nothing about its life
	Waited  time.Duration // how long its end was waited for
}

func (e *HeldError) Error() string {
	if e.Waited > 0 {
		return fmt.Sprintf("another operation is still under way after %s: %s (wait until it has ended, or give it longer with --queue)", e.Waited, e.Text)
	}
	return fmt.Sprintf("another operation is under way: %s (wait until it has ended, or have this command wait for it with --queue 10m)", e.Text)
}
