package cluster

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// quotaAnnotation is an annotation of the bootstrap ConfigMap (kustomize/quota.go).
const quotaAnnotation = "etcd.kubectl.dev/quota"

// BootstrapQuota returns the quota of the last "up" from a bootstrap ConfigMap: a Kubernetes quantity, or "" for the
// default.
func BootstrapQuota(bootstrap *corev1.ConfigMap) string {
	return bootstrap.Annotations[quotaAnnotation]
}

// ConfiguredQuota returns the quota that a StatefulSet of these manifests gives its members, as the value of its flag or
// variable (bytes), or "" if it has neither.
func ConfiguredQuota(ctx context.Context, set *appsv1.StatefulSet) (string, error) {
	spec := set.Spec.Template.Spec
	for _, c := range spec.Containers {
		if c.Name == "etcd" { // base/statefulset.yaml
			s, err := settings.Read(ctx, &corev1.Pod{Spec: spec}, c, noObjects{})
			return s.Get("quota-backend-bytes"), err
		}
	}
	return "", nil
}

// noObjects finds no ConfigMap: those of these manifests hold only the initial cluster.
type noObjects struct{}

func (noObjects) ConfigMap(_ context.Context, name string) (*corev1.ConfigMap, error) {
	return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "configmaps"}, name)
}
