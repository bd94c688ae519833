package cluster

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/pager"
)

// scan is what of a namespace, or of all, runs etcd.
type scan struct {
	sets []appsv1.StatefulSet
	pods []corev1.Pod // also those of the sets

	seenPods int // how many were looked at
}

// look lists a namespace's StatefulSets and pods page by page, both at the same time, and keeps what runs etcd: a
// namespace may have thousands of pods that are somebody else's. With "" it looks into every namespace.
func look(ctx context.Context, kube kubernetes.Interface, namespace string) (scan, error) {
	var s scan
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		_, err = eachPage(ctx, metav1.ListOptions{}, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return kube.AppsV1().StatefulSets(namespace).List(ctx, o)
		}, func(set *appsv1.StatefulSet) {
			if runsEtcd(set.Spec.Template.Spec) {
				set.ManagedFields = nil // a good part of its size
				s.sets = append(s.sets, *set)
			}
		})
		return err
	})
	group.Go(func() (err error) {
		s.seenPods, err = eachPage(ctx, metav1.ListOptions{}, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return kube.CoreV1().Pods(namespace).List(ctx, o)
		}, func(pod *corev1.Pod) {
			if runsEtcd(pod.Spec) {
				pod.ManagedFields = nil
				s.pods = append(s.pods, *pod)
			}
		})
		return err
	})
	return s, group.Wait()
}

// eachPage calls keep for every object of a list that is fetched page by page, and returns how many there were.
func eachPage[T any, P interface {
	*T
	runtime.Object
}](ctx context.Context, options metav1.ListOptions, list pager.ListPageFunc, keep func(P)) (int, error) {
	seen := 0
	err := pager.New(list).EachListItem(ctx, options, func(o runtime.Object) error {
		item, ok := o.(P)
		if !ok {
			return fmt.Errorf("list: unexpected %T", o)
		}
		seen++
		keep(item)
		return nil
	})
	return seen, err
}

// over reports whether a pod has ended for good: it is kept for its log only, as one that was evicted or a Job's.
func over(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
}
