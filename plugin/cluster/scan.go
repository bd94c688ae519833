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

// scan is what runs etcd in a namespace, or in all namespaces.
type scan struct {
	sets []appsv1.StatefulSet
	pods []corev1.Pod // includes the pods of the sets

	podCount int // pods that were checked
}

// scanNamespace lists a namespace's StatefulSets and pods concurrently, page by page, and keeps those that run etcd: a
// namespace may have thousands of other pods. With "" it scans all namespaces.
func scanNamespace(ctx context.Context, kube kubernetes.Interface, namespace string) (scan, error) {
	var s scan
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		_, err = eachPage(ctx, metav1.ListOptions{}, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return kube.AppsV1().StatefulSets(namespace).List(ctx, o)
		}, func(set *appsv1.StatefulSet) {
			if runsEtcd(set.Spec.Template.Spec) {
				set.ManagedFields = nil // a large part of its size
				s.sets = append(s.sets, *set)
			}
		})
		return err
	})
	group.Go(func() (err error) {
		s.podCount, err = eachPage(ctx, metav1.ListOptions{}, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
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

// eachPage calls keep for every object of a list that is fetched page by page, and returns their number.
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

// podEnded reports whether a pod has ended for good: only its log is left, as for an evicted pod or a Job's.
func podEnded(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
}
