package cluster

import (
	"context"
	"sync"
	"sync/atomic"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// readers bounds how many requests are in flight at once.
const readers = 8

// objects reads each ConfigMap of a namespace once: all members of a cluster refer to the same ones.
type objects struct {
	kube      kubernetes.Interface
	namespace string

	forbidden atomic.Bool // the caller may not get one of them

	mu    sync.Mutex
	reads map[string]func() (*corev1.ConfigMap, error)
}

func newObjects(kube kubernetes.Interface, namespace string) *objects {
	return &objects{kube: kube, namespace: namespace, reads: map[string]func() (*corev1.ConfigMap, error){}}
}

// of returns o for every namespace, because the search is in one namespace only.
func (o *objects) of(string) *objects { return o }

// ConfigMap implements settings.Objects.
func (o *objects) ConfigMap(ctx context.Context, name string) (*corev1.ConfigMap, error) {
	o.mu.Lock()
	read, known := o.reads[name]
	if !known {
		read = sync.OnceValues(func() (*corev1.ConfigMap, error) {
			cm, err := o.kube.CoreV1().ConfigMaps(o.namespace).Get(ctx, name, metav1.GetOptions{})
			if apierrors.IsForbidden(err) {
				o.forbidden.Store(true)
			}
			return cm, err
		})
		o.reads[name] = read
	}
	o.mu.Unlock()
	return read()
}

// add caches ConfigMaps that were read before.
func (o *objects) add(configs []corev1.ConfigMap) {
	for i := range configs {
		o.reads[configs[i].Name] = func() (*corev1.ConfigMap, error) { return &configs[i], nil }
	}
}

// envConfigMaps returns the names of the ConfigMaps in a pod's envFrom. The caller reads them concurrently: one after
// the other, each would be a round trip.
func envConfigMaps(spec corev1.PodSpec) []string {
	var names []string
	for _, c := range longRunning(spec) {
		for _, from := range c.EnvFrom {
			if from.ConfigMapRef != nil {
				names = append(names, from.ConfigMapRef.Name)
			}
		}
	}
	return names
}

// podOf returns a member's pod, or if it does not exist, the one that its StatefulSet would make.
func (c *candidate) podOf(m Member) *corev1.Pod {
	if m.Pod != nil {
		return m.Pod
	}
	base, _ := Ordinal(m.PodName)
	for _, set := range c.sets {
		if set.Name == base {
			return templatePod(set, m.PodName)
		}
	}
	return &corev1.Pod{}
}

// templatePod returns the pod with that name that a StatefulSet would make.
func templatePod(set *appsv1.StatefulSet, name string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: *set.Spec.Template.ObjectMeta.DeepCopy(), Spec: set.Spec.Template.Spec}
	pod.Name, pod.Namespace = name, set.Namespace
	return pod
}
