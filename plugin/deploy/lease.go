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

// A holder that has not renewed for cluster.LeaseDuration is taken for dead. It renews three times as often.
const (
	renewEvery   = cluster.LeaseDuration / 3
	releaseLimit = 5 * time.Second
)

// Lease is the right to be the one operation under way on a cluster.
type Lease struct {
	kube            kubernetes.Interface
	namespace, name string
	holder          string
	uid             types.UID // of the Lease that was taken
	steps           chan record
	done            chan struct{}
	lost            context.CancelCauseFunc
}

// Acquire takes the operation Lease of a cluster, in its turn. The context that it returns ends when the Lease is lost: an
// operation must not go on beside another one.
func Acquire(ctx context.Context, kube kubernetes.Interface, namespace, clusterName, step string, turn Turn) (*Lease, context.Context, error) {
	l := newLease(kube, namespace, clusterName)
	if err := turn.take(ctx, func(dead bool) error { return l.write(ctx, step, dead) }); err != nil {
		return nil, nil, err
	}
	held, cancel := context.WithCancelCause(ctx)
	l.lost = cancel
	go l.renew(held, step)
	return l, held, nil
}

func newLease(kube kubernetes.Interface, namespace, clusterName string) *Lease {
	return &Lease{
		kube: kube, namespace: namespace, name: cluster.LeaseName(clusterName), holder: identity(),
		steps: make(chan record), done: make(chan struct{}),
	}
}

// Step records what the operation does now, for whoever looks at the cluster meanwhile. It is recorded when Step
// returns; the error says that the Lease is another's by now, and that nothing more may be done.
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

// record is a step on its way to the Lease; done is closed once it was tried.
type record struct {
	step string
	done chan struct{}
}

// Release gives the Lease back. It does so even after the operation was interrupted.
func (l *Lease) Release(ctx context.Context) {
	l.lost(nil)
	<-l.done
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseLimit)
	defer cancel()
	leases := l.kube.CoordinationV1().Leases(l.namespace)
	lease, err := leases.Get(ctx, l.name, metav1.GetOptions{})
	if err != nil || ptr.Deref(lease.Spec.HolderIdentity, "") != l.holder {
		return // not ours any more; and what is not released expires
	}
	_ = leases.Delete(ctx, l.name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{ResourceVersion: &lease.ResourceVersion}})
}

func (l *Lease) renew(ctx context.Context, step string) {
	defer close(l.done)
	tick := time.NewTicker(renewEvery)
	defer tick.Stop()
	last := time.Now()
	for {
		next := record{step: step, done: make(chan struct{})}
		select {
		case <-ctx.Done():
			return
		case next = <-l.steps:
		case <-tick.C:
		}
		step = next.step
		err := l.renewOnce(ctx, step)
		var held *HeldError
		switch {
		case err == nil:
			last = time.Now()
		case errors.As(err, &held), time.Since(last) > cluster.LeaseDuration:
			l.lost(fmt.Errorf("lost the operation lease: %w", err))
			return
		}
		close(next.done)
	}
}

// renewOnce writes the Lease if it is still ours. One that was taken over while this process was stalled, even if it
// was given back since, is lost for good: the cluster is not the one that was looked at.
func (l *Lease) renewOnce(ctx context.Context, step string) error {
	leases := l.kube.CoordinationV1().Leases(l.namespace)
	lease, err := leases.Get(ctx, l.name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return &HeldError{Text: "another one has ended since"}
	case err != nil:
		return err
	case ptr.Deref(lease.Spec.HolderIdentity, "") != l.holder || lease.UID != l.uid:
		return &HeldError{Text: cluster.OperationText(lease)}
	}
	_, err = leases.Update(ctx, l.fill(lease, step), metav1.UpdateOptions{FieldManager: FieldManager})
	if apierrors.IsConflict(err) {
		return &HeldError{Text: "it began at the same moment"}
	}
	return err
}

// write creates the Lease, or takes it over where its holder is dead; the resource version makes two writers find out
// about each other.
func (l *Lease) write(ctx context.Context, step string, dead bool) error {
	leases := l.kube.CoordinationV1().Leases(l.namespace)
	lease, err := leases.Get(ctx, l.name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		lease, err = leases.Create(ctx, l.fill(&coordinationv1.Lease{}, step), metav1.CreateOptions{FieldManager: FieldManager})
	case err != nil:
		return err
	case !dead && !l.mayTake(lease):
		return &HeldError{Text: cluster.OperationText(lease), Renewed: lease.Spec.RenewTime.Time}
	default:
		lease, err = leases.Update(ctx, l.fill(lease, step), metav1.UpdateOptions{FieldManager: FieldManager})
	}
	if apierrors.IsAlreadyExists(err) || apierrors.IsConflict(err) {
		return &HeldError{Text: "it began at the same moment"}
	}
	if err == nil {
		l.uid = lease.UID
	}
	return err
}

// mayTake reports whether a Lease is free, ours, or so old that no clock explains it.
func (l *Lease) mayTake(lease *coordinationv1.Lease) bool {
	holder := ptr.Deref(lease.Spec.HolderIdentity, "")
	return holder == "" || holder == l.holder || cluster.Abandoned(lease)
}

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

// identity tells people who works on their cluster: user@host, and the process.
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
