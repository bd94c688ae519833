package deploy

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// pollEvery is how often something that is on its way is looked at.
const pollEvery = 250 * time.Millisecond

// remover deletes one kind of object; the get is what a wait looks at.
type remover struct {
	kind   string
	list   func(ctx context.Context, selector string) ([]string, error)
	get    func(context.Context, string) (metav1.Object, error)
	delete func(context.Context, string, metav1.DeleteOptions) error
}

// Remove deletes what runs a cluster, and waits until its pods are gone. Volumes, bootstrap, seal and StorageClass
// stay. It returns what it deleted; what is not there is not an error, so that it can be run again.
func Remove(ctx context.Context, kube kubernetes.Interface, namespace, name string) ([]string, error) {
	// Foreground: the StatefulSet is gone only when its pods are, and nothing is left to write to the volumes. Pods that
	// it no longer owned (kubectl delete --cascade=orphan) go after it.
	return removeAll(ctx, metav1.DeletePropagationForeground, cluster.Selector(name),
		statefulSets(kube, namespace), pods(kube, namespace), services(kube, namespace), budgets(kube, namespace), policies(kube, namespace))
}

// RemoveData deletes the volume claims, then the Secrets with certificates and root's password, and last bootstrap and
// seal: as long as there is a volume, the seal is what keeps a member from coming back empty.
func RemoveData(ctx context.Context, kube kubernetes.Interface, namespace, name string) ([]string, error) {
	removed, err := removeAll(ctx, metav1.DeletePropagationBackground, cluster.Selector(name), volumeClaims(kube, namespace))
	if err != nil {
		return removed, err
	}
	more, err := removeAll(ctx, metav1.DeletePropagationBackground,
		cluster.Selector(name, cluster.ComponentCertificate, cluster.ComponentAuthority, cluster.ComponentRoot), secrets(kube, namespace))
	removed = append(removed, more...)
	if err != nil {
		return removed, err
	}
	// A bootstrap alone does no harm; a closed seal alone would keep every member of a next cluster from starting.
	for _, component := range []string{cluster.ComponentSeal, cluster.ComponentBootstrap} {
		more, err = removeAll(ctx, metav1.DeletePropagationBackground, cluster.Selector(name, component), configMaps(kube, namespace))
		removed = append(removed, more...)
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// removeAll deletes all objects that the selector finds, kind by kind.
func removeAll(ctx context.Context, propagation metav1.DeletionPropagation, selector string, kinds ...remover) ([]string, error) {
	var removed []string
	for _, r := range kinds {
		names, err := r.list(ctx, selector)
		if err != nil {
			return removed, err
		}
		for _, name := range names {
			gone, err := r.remove(ctx, name, propagation)
			if err != nil {
				return removed, err
			}
			if gone {
				removed = append(removed, r.kind+"/"+name)
			}
		}
	}
	return removed, nil
}

// DeletePod deletes one pod, of that UID only, and waits until it is gone.
func DeletePod(ctx context.Context, kube kubernetes.Interface, pod *corev1.Pod) error {
	return pods(kube, pod.Namespace).removeUID(ctx, pod.Name, pod.UID, nil)
}

// Belongings are a member's pod and volume claim, each nil where there is none.
type Belongings struct {
	Pod   *corev1.Pod
	Claim *corev1.PersistentVolumeClaim
}

// FindBelongings reads a member's pod and volume claim.
func FindBelongings(ctx context.Context, kube kubernetes.Interface, namespace, pod, claim string) (Belongings, error) {
	var b Belongings
	var err error
	b.Claim, err = kube.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, claim, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		b.Claim, err = nil, nil
	}
	if err != nil {
		return b, err
	}
	b.Pod, err = kube.CoreV1().Pods(namespace).Get(ctx, pod, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		b.Pod, err = nil, nil
	}
	return b, err
}

// DeleteBelongings deletes just the pod and the claim that were found: those of the same name that came after them may
// be a healthy member's. The claim is kept by its finalizer until the pod is gone, so it is ordered first; the
// StatefulSet then makes both anew. It is for a member that the cluster has done without before, or whose loss is the aim.
func DeleteBelongings(ctx context.Context, kube kubernetes.Interface, namespace string, b Belongings) error {
	claims := volumeClaims(kube, namespace)
	if b.Claim != nil && b.Claim.DeletionTimestamp == nil {
		err := claims.delete(ctx, b.Claim.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(b.Claim.UID))})
		if ignoreGone(err) != nil {
			return err
		}
	}
	if b.Pod != nil {
		grace, err := graceFor(ctx, kube, b.Pod)
		if err != nil {
			return err
		}
		if err := pods(kube, namespace).removeUID(ctx, b.Pod.Name, b.Pod.UID, grace); err != nil {
			return err
		}
	}
	if b.Claim == nil {
		return nil
	}
	return claims.waitGone(ctx, b.Claim.Name, b.Claim.UID)
}

// graceFor returns no grace for a pod whose node is gone or not ready: nobody there would confirm that it ended.
// The member was removed from the cluster before, so that a process that lives on can do no harm.
func graceFor(ctx context.Context, kube kubernetes.Interface, pod *corev1.Pod) (*int64, error) {
	now := int64(0)
	if pod.Spec.NodeName == "" {
		return nil, nil
	}
	node, err := kube.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return &now, nil
	case apierrors.IsForbidden(err):
		return nil, nil // who may not look at nodes waits for the kubelet
	case err != nil:
		return nil, err
	}
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
			return &now, nil
		}
	}
	return nil, nil
}

// remove deletes an object by name and waits until it is gone; it reports whether there was one.
func (r remover) remove(ctx context.Context, name string, propagation metav1.DeletionPropagation) (bool, error) {
	object, err := r.get(ctx, name)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	uid := object.GetUID()
	err = r.delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &propagation, Preconditions: &metav1.Preconditions{UID: &uid}})
	if ignoreGone(err) != nil {
		return false, err
	}
	return true, r.waitGone(ctx, name, uid)
}

func (r remover) removeUID(ctx context.Context, name string, uid types.UID, grace *int64) error {
	err := r.delete(ctx, name, metav1.DeleteOptions{GracePeriodSeconds: grace, Preconditions: &metav1.Preconditions{UID: &uid}})
	if ignoreGone(err) != nil {
		return err
	}
	return r.waitGone(ctx, name, uid)
}

// waitGone waits until no object of that name has that UID.
func (r remover) waitGone(ctx context.Context, name string, uid types.UID) error {
	err := wait.PollUntilContextCancel(ctx, pollEvery, true, func(ctx context.Context) (bool, error) {
		object, err := r.get(ctx, name)
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return err == nil && object.GetUID() != uid, err
	})
	if err != nil {
		return fmt.Errorf("wait until %s/%s is gone: %w", r.kind, name, err)
	}
	return nil
}

// ignoreGone takes "not found", and a UID that is another's by now, for done.
func ignoreGone(err error) error {
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}
