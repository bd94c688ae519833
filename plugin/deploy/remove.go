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

// pollEvery is the interval of polls of the API server.
const pollEvery = 250 * time.Millisecond

// remover deletes objects of one kind. get is for waiting until an object is gone.
type remover struct {
	kind   string
	list   func(ctx context.Context, selector string) ([]string, error)
	get    func(context.Context, string) (metav1.Object, error)
	delete func(context.Context, string, metav1.DeleteOptions) error
}

// Remove deletes the StatefulSet, pods, Services, PodDisruptionBudgets and NetworkPolicies of a cluster, and waits until they
// are gone. Volumes, certificates, bootstrap, seal and StorageClass stay. It returns the objects that it deleted. An object
// that does not exist is not an error, so Remove can be run again.
func Remove(ctx context.Context, kube kubernetes.Interface, namespace, name string) ([]string, error) {
	// With foreground deletion the StatefulSet is gone only after its pods, so nothing writes to the volumes any more. Pods
	// that it did not own (kubectl delete --cascade=orphan) are deleted after it.
	return removeAll(ctx, metav1.DeletePropagationForeground, cluster.Selector(name),
		statefulSets(kube, namespace), pods(kube, namespace), services(kube, namespace), budgets(kube, namespace), policies(kube, namespace))
}

// RemoveData deletes the volume claims, then the Secrets with certificates and root's password, and last the seal and the
// bootstrap: as long as a volume exists, the seal keeps a member from starting without data. It returns the objects that it
// deleted.
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
	// The seal first: a bootstrap without a seal is harmless, but a closed seal without a bootstrap would keep every member of
	// the next cluster from starting.
	for _, component := range []string{cluster.ComponentSeal, cluster.ComponentBootstrap} {
		more, err = removeAll(ctx, metav1.DeletePropagationBackground, cluster.Selector(name, component), configMaps(kube, namespace))
		removed = append(removed, more...)
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// removeAll deletes all objects that match the selector, kind by kind, and returns those that it deleted.
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

// DeletePod deletes the pod with that UID, and waits until it is gone. A newer pod of the same name stays.
func DeletePod(ctx context.Context, kube kubernetes.Interface, pod *corev1.Pod) error {
	return pods(kube, pod.Namespace).removeUID(ctx, pod.Name, pod.UID, nil)
}

// Belongings are a member's pod and volume claim, each nil if it does not exist.
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

// DeleteBelongings deletes the pod and the claim in b, by UID, and waits until they are gone. Newer ones of the same name stay:
// they may be a healthy member's. It deletes the claim first: its finalizer keeps it until the pod is gone, and then the
// StatefulSet creates both again. The member must have been removed from etcd's membership before, unless its loss is
// intended.
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

// graceFor returns a grace period of 0 for a pod whose node is gone or not ready, because no kubelet would confirm that the pod
// has ended, and nil otherwise. A process that still runs there is harmless: the member was removed from the membership.
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
		return nil, nil // if the user may not get Nodes, the kubelet must confirm it
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

// remove deletes an object by name and waits until it is gone. It reports whether the object existed.
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

// waitGone waits until the object with that name and UID is gone.
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

// ignoreGone returns nil for "not found", and for the conflict of a UID that another object of the name has.
func ignoreGone(err error) error {
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}
