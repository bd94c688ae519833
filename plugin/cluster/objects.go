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

// readers bounds how many requests for ConfigMaps are under way at the same time.
const readers = 8

// objects reads each ConfigMap of a namespace once: every member of a cluster refers to the same ones.
type objects struct {
	kube      kubernetes.Interface
	namespace string

	refused atomic.Bool // one may not be read

	mu    sync.Mutex
	reads map[string]func() (*corev1.ConfigMap, error)
}

func newObjects(kube kubernetes.Interface, namespace string) *objects {
	return &objects{kube: kube, namespace: namespace, reads: map[string]func() (*corev1.ConfigMap, error){}}
}

// of returns the objects of a namespace where there is one alone.
func (o *objects) of(string) *objects { return o }

// ConfigMap implements settings.Objects.
func (o *objects) ConfigMap(ctx context.Context, name string) (*corev1.ConfigMap, error) {
	o.mu.Lock()
	read, known := o.reads[name]
	if !known {
		read = sync.OnceValues(func() (*corev1.ConfigMap, error) {
			cm, err := o.kube.CoreV1().ConfigMaps(o.namespace).Get(ctx, name, metav1.GetOptions{})
			if apierrors.IsForbidden(err) {
				o.refused.Store(true)
			}
			return cm, err
		})
		o.reads[name] = read
	}
	o.mu.Unlock()
	return read()
}

// add makes ConfigMaps known that were read already.
func (o *objects) add(configs []corev1.ConfigMap) {
	for i := range configs {
		o.reads[configs[i].Name] = func() (*corev1.ConfigMap, error) { return &configs[i], nil }
	}
}

// environments returns the names of the ConfigMaps that a pod takes its environment from. Read one after the other, as
// they come in the spec, each would be a round trip.
func environments(spec corev1.PodSpec) []string {
	var names []string
	for _, c := range lasting(spec) {
		for _, from := range c.EnvFrom {
			if from.ConfigMapRef != nil {
				names = append(names, from.ConfigMapRef.Name)
			}
		}
	}
	return names
}

// podOf returns a member's pod, or where it has none the one that its StatefulSet will make.
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

// templatePod returns the pod of that name that a StatefulSet would make.
func templatePod(set *appsv1.StatefulSet, name string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: *set.Spec.Template.ObjectMeta.DeepCopy(), Spec: set.Spec.Template.Spec}
	pod.Name, pod.Namespace = name, set.Namespace
	return pod
}
