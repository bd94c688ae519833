package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// A holder that has not renewed the Lease for cluster.LeaseDuration counts as dead. A holder renews three times in that time.
const (
	renewEvery   = cluster.LeaseDuration / 3
	releaseLimit = 5 * time.Second
)

// Lease is the operation Lease of a cluster, held by this process. Only its holder may run an operation on the cluster.
type Lease struct {
	kube            kubernetes.Interface
	namespace, name string
	holder          string
	uid             types.UID // of the Lease object, when it was acquired
	steps           chan record
	done            chan struct{}
	cancel          context.CancelCauseFunc
}

// Acquire acquires the operation Lease of a cluster, and records step in it. It waits for another holder as turn says. The
// context that it returns ends when the Lease is lost, so that two operations do not run at the same time. The caller
// releases the Lease. It returns a *LeaseHeldError if another operation holds the Lease.
func Acquire(ctx context.Context, kube kubernetes.Interface, namespace, clusterName, step string, turn LeaseWait) (*Lease, context.Context, error) {
	l := newLease(kube, namespace, clusterName)
	if err := turn.retryUntilFree(ctx, func(dead bool) error { return l.write(ctx, step, dead) }); err != nil {
		return nil, nil, err
	}
	held, cancel := context.WithCancelCause(ctx)
	l.cancel = cancel
	go l.renew(held, step)
	return l, held, nil
}

func newLease(kube kubernetes.Interface, namespace, clusterName string) *Lease {
	return &Lease{
		kube: kube, namespace: namespace, name: cluster.LeaseName(clusterName), holder: identity(),
		steps: make(chan record), done: make(chan struct{}),
	}
}

// Step records in the Lease what the operation does now, for other users of the cluster. It returns after the write. An error
// means that the Lease is lost or ctx has ended: the operation must not change anything more.
func (l *Lease) Step(ctx context.Context, step string) error {
	recorded := make(chan struct{})
	select {
	case l.steps <- record{step, recorded}:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.done:
		return context.Cause(ctx)
	}
	select {
	case <-recorded:
		return context.Cause(ctx)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// record is a step to be written to the Lease; done is closed after the write.
type record struct {
	step string
	done chan struct{}
}

// Release deletes the Lease, even if ctx has ended. It leaves a Lease that another operation has taken over.
func (l *Lease) Release(ctx context.Context) {
	l.cancel(nil)
	<-l.done
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseLimit)
	defer cancel()
	leases := l.kube.CoordinationV1().Leases(l.namespace)
	lease, err := leases.Get(ctx, l.name, metav1.GetOptions{})
	if err != nil || ptr.Deref(lease.Spec.HolderIdentity, "") != l.holder {
		return // another holder's; and a Lease that is not released expires
	}
	_ = leases.Delete(ctx, l.name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{ResourceVersion: &lease.ResourceVersion}})
}

// renew renews the Lease and records steps until ctx ends or the Lease is lost. It ends the operation's context when it is lost.
// It writes a step again at the next renewal if the API server refused it: its operation waits for that, and so do other steps.
func (l *Lease) renew(ctx context.Context, step string) {
	defer close(l.done)
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	last := time.Now()
	current := record{step: step} // without done once it is written
	for {
		steps := l.steps
		if current.done != nil {
			steps = nil
		}
		select {
		case <-ctx.Done():
			return
		case current = <-steps:
		case <-tick.C:
		}
		err := l.renewOnce(ctx, current.step)
		var held *LeaseHeldError
		switch {
		case err == nil:
			last = time.Now()
			if current.done != nil {
				close(current.done)
				current.done = nil
			}
		case errors.As(err, &held), time.Since(last) > cluster.LeaseDuration:
			l.cancel(fmt.Errorf("lost the operation lease: %w", err))
			return
		}
	}
}

// renewOnce writes the Lease if this process still holds it. If another operation took it over while this process was stalled,
// the Lease is lost, even if it has been released since: the state of the cluster that this operation read is out of date.
func (l *Lease) renewOnce(ctx context.Context, step string) error {
	leases := l.kube.CoordinationV1().Leases(l.namespace)
	lease, err := leases.Get(ctx, l.name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return &LeaseHeldError{Text: "its Lease was deleted in the meantime"}
	case err != nil:
		return err
	case ptr.Deref(lease.Spec.HolderIdentity, "") != l.holder || lease.UID != l.uid:
		return &LeaseHeldError{Text: cluster.OperationText(lease)}
	}
	_, err = leases.Update(ctx, l.fill(lease, step), metav1.UpdateOptions{FieldManager: FieldManager})
	if apierrors.IsConflict(err) {
		return &LeaseHeldError{Text: "it began at the same moment"}
	}
	return err
}

// write creates the Lease, or takes it over if its holder is dead. With two writers at the same time, the resource version makes
// one of them fail. It returns a *LeaseHeldError if another operation holds the Lease.
func (l *Lease) write(ctx context.Context, step string, dead bool) error {
	leases := l.kube.CoordinationV1().Leases(l.namespace)
	lease, err := leases.Get(ctx, l.name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		lease, err = leases.Create(ctx, l.fill(&coordinationv1.Lease{}, step), metav1.CreateOptions{FieldManager: FieldManager})
	case err != nil:
		return err
	case !dead && !l.mayTake(lease):
		return &LeaseHeldError{Text: cluster.OperationText(lease), Renewed: lease.Spec.RenewTime.Time}
	default:
		lease, err = leases.Update(ctx, l.fill(lease, step), metav1.UpdateOptions{FieldManager: FieldManager})
	}
	if apierrors.IsAlreadyExists(err) || apierrors.IsConflict(err) {
		return &LeaseHeldError{Text: "it began at the same moment"}
	}
	if err == nil {
		l.uid = lease.UID
	}
	return err
}

// mayTake reports whether a Lease has no holder, is held by this process, or was renewed so long ago that the difference of two
// clocks cannot be the reason.
func (l *Lease) mayTake(lease *coordinationv1.Lease) bool {
	holder := ptr.Deref(lease.Spec.HolderIdentity, "")
	return holder == "" || holder == l.holder || cluster.Abandoned(lease)
}

// fill sets the holder, the step and the time of renewal.
func (l *Lease) fill(lease *coordinationv1.Lease, step string) *coordinationv1.Lease {
	lease.Name, lease.Namespace = l.name, l.namespace
	if lease.Annotations == nil {
		lease.Annotations = map[string]string{}
	}
	lease.Annotations[cluster.StepAnnotation] = step
	lease.Spec.HolderIdentity = &l.holder
	lease.Spec.LeaseDurationSeconds = ptr.To(int32(cluster.LeaseDuration / time.Second))
	lease.Spec.RenewTime = &metav1.MicroTime{Time: time.Now()}
	return lease
}

// identity returns the holder identity, which users read: user@host and the process ID.
func identity() string {
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s@%s (pid %d)", name, host, os.Getpid())
}
