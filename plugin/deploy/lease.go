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
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// A holder that has not renewed for leaseDuration is taken for dead. It renews three times as often.
const (
	leaseDuration = 30 * time.Second
	renewEvery    = leaseDuration / 3
	releaseLimit  = 5 * time.Second
)

// Lease is the right to be the one operation under way on a cluster.
type Lease struct {
	kube            kubernetes.Interface
	namespace, name string
	holder          string
	steps           chan string
	done            chan struct{}
	lost            context.CancelCauseFunc
}

// Acquire takes the operation Lease of a cluster, or says who holds it. The context that it returns ends when the
// Lease is lost: an operation must not go on beside another one.
func Acquire(ctx context.Context, kube kubernetes.Interface, namespace, clusterName, step string) (*Lease, context.Context, error) {
	l := &Lease{
		kube: kube, namespace: namespace, name: cluster.LeaseName(clusterName), holder: identity(),
		steps: make(chan string), done: make(chan struct{}),
	}
	if err := l.write(ctx, step, false); err != nil {
		return nil, nil, err
	}
	held, cancel := context.WithCancelCause(ctx)
	l.lost = cancel
	go l.renew(held, step)
	return l, held, nil
}

// Step records what the operation does now, for whoever looks at the cluster meanwhile.
func (l *Lease) Step(ctx context.Context, step string) {
	select {
	case l.steps <- step:
	case <-ctx.Done():
	case <-l.done:
	}
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
		select {
		case <-ctx.Done():
			return
		case step = <-l.steps:
		case <-tick.C:
		}
		err := l.write(ctx, step, true)
		var held *HeldError
		switch {
		case err == nil:
			last = time.Now()
		case errors.As(err, &held), time.Since(last) > leaseDuration:
			l.lost(fmt.Errorf("lost the operation lease: %w", err))
			return
		}
	}
}

// HeldError says that another operation is under way.
type HeldError struct{ Name, Text string }

func (e *HeldError) Error() string {
	return fmt.Sprintf("another operation is under way: %s (wait for it; a dead one's lease %q expires after %s)", e.Text, e.Name, leaseDuration)
}

// write creates or takes over the Lease; the resource version makes two writers find out about each other.
func (l *Lease) write(ctx context.Context, step string, renewal bool) error {
	leases := l.kube.CoordinationV1().Leases(l.namespace)
	lease, err := leases.Get(ctx, l.name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err) && renewal:
		return &HeldError{Name: l.name, Text: "its lease was deleted"}
	case apierrors.IsNotFound(err):
		_, err = leases.Create(ctx, l.fill(&coordinationv1.Lease{}, step), metav1.CreateOptions{FieldManager: FieldManager})
	case err != nil:
		return err
	case !l.mayTake(lease):
		return &HeldError{Name: l.name, Text: cluster.OperationText(lease)}
	default:
		_, err = leases.Update(ctx, l.fill(lease, step), metav1.UpdateOptions{FieldManager: FieldManager})
	}
	if apierrors.IsAlreadyExists(err) || apierrors.IsConflict(err) {
		return &HeldError{Name: l.name, Text: "it began at the same moment"}
	}
	return err
}

func (l *Lease) mayTake(lease *coordinationv1.Lease) bool {
	holder := ptr.Deref(lease.Spec.HolderIdentity, "")
	if holder == "" || holder == l.holder || lease.Spec.RenewTime == nil {
		return true
	}
	return time.Since(lease.Spec.RenewTime.Time) > leaseDuration
}

func (l *Lease) fill(lease *coordinationv1.Lease, step string) *coordinationv1.Lease {
	lease.Name, lease.Namespace = l.name, l.namespace
	if lease.Annotations == nil {
		lease.Annotations = map[string]string{}
	}
	lease.Annotations[cluster.StepAnnotation] = step
	lease.Spec.HolderIdentity = &l.holder
	lease.Spec.LeaseDurationSeconds = ptr.To(int32(leaseDuration / time.Second))
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
