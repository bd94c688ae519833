package bringup

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// ownSet returns a StatefulSet of these manifests with that etcd container.
func ownSet(etcd corev1.Container) *appsv1.StatefulSet {
	etcd.Name, etcd.Command = "etcd", []string{"etcd"}
	set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "etcd", Namespace: "ns"}}
	for _, config := range []string{"etcd-bootstrap", "etcd-seal"} {
		from := corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: config}}
		etcd.EnvFrom = append(etcd.EnvFrom, corev1.EnvFromSource{ConfigMapRef: &from})
	}
	set.Spec.Template.Labels = map[string]string{cluster.LabelComponent: cluster.ComponentMember}
	set.Spec.Template.Spec.Containers = []corev1.Container{{Name: "backup"}, etcd}
	return set
}

func claim(name, cluster, size string) *corev1.PersistentVolumeClaim {
	c := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"}}
	if cluster != "" {
		c.Labels = map[string]string{"app.kubernetes.io/name": "etcd", "app.kubernetes.io/instance": cluster, "app.kubernetes.io/component": "member"}
	}
	c.Spec.Resources.Requests = corev1.ResourceList{"storage": resource.MustParse("8Gi")}
	c.Status.Capacity = corev1.ResourceList{"storage": resource.MustParse(size)}
	return c
}

// Claims are found by the cluster's labels, and by the names that its StatefulSet would use.
func TestReadClaims(t *testing.T) {
	objects := []runtime.Object{
		claim("data-etcd-0", "etcd", "32Gi"), claim("data-etcd-1", "", "16Gi"), claim("data-etcd-x", "", "1Gi"), claim("data-etcd-01", "", "1Gi"),
		claim("data-etcd-dev-0", "etcd-dev", "1Gi"), claim("data-web-0", "", "1Gi"),
	}
	var x Existing
	if err := readClaims(t.Context(), lifecycle.Env{Kube: fake.NewClientset(objects...), Target: cluster.Target{Namespace: "ns", Name: "etcd"}}, &x); err != nil {
		t.Fatal(err)
	}
	if claimNames(x.Claims) != "data-etcd-0" || x.Volume != "16Gi" || x.Storage != "8Gi" {
		t.Errorf("claims %s, the smallest has %s, asked for %s", claimNames(x.Claims), x.Volume, x.Storage)
	}
	if diff := cmp.Diff([]string{"data-etcd-1"}, x.Unlabelled); diff != "" {
		t.Error(diff)
	}
}

// The quota is that of the StatefulSet, by flag or variable, and after "down" that of the bootstrap ConfigMap.
func TestExistingQuota(t *testing.T) {
	bootstrap := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Name: "etcd-bootstrap", Namespace: "ns", Annotations: map[string]string{"etcd.kubectl.dev/quota": "1Gi"},
		Labels: map[string]string{"app.kubernetes.io/name": "etcd", "app.kubernetes.io/instance": "etcd", "app.kubernetes.io/component": "bootstrap"},
	}, Data: map[string]string{cluster.EnvInitialCluster: "etcd-0=https://etcd-0.etcd:2380"}}
	for name, c := range map[string]struct {
		container *corev1.Container
		want      string
	}{
		"after down":          {nil, "1Gi"},
		"by its flag":         {&corev1.Container{Args: []string{"--quota-backend-bytes=1073741824"}}, "1073741824"},
		"edited since":        {&corev1.Container{Args: []string{"--quota-backend-bytes=4294967296"}}, "4294967296"},
		"in two arguments":    {&corev1.Container{Args: []string{"--quota-backend-bytes", "4294967296"}}, "4294967296"},
		"by its variable":     {&corev1.Container{Env: []corev1.EnvVar{{Name: "ETCD_QUOTA_BACKEND_BYTES", Value: "5"}}}, "5"},
		"of an older release": {&corev1.Container{Args: []string{"--quota-backend-bytes=2147483648"}}, "2147483648"},
		"turned off":          {&corev1.Container{Args: []string{"--quota-backend-bytes=-1"}}, "-1"},
		"not set":             {&corev1.Container{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			objects := []runtime.Object{bootstrap}
			if c.container != nil {
				objects = append(objects, ownSet(*c.container))
			}
			x, err := ReadExisting(t.Context(), lifecycle.Env{Kube: fake.NewClientset(objects...), Target: cluster.Target{Namespace: "ns", Name: "etcd"}})
			if err != nil || x.Quota != c.want {
				t.Errorf("%q, %v, want %q", x.Quota, err, c.want)
			}
		})
	}
}

func TestClaimOrdinal(t *testing.T) {
	for claim, want := range map[string]int{"data-etcd-0": 0, "data-etcd-12": 12, "data-etcd-": -1, "data-etcd--1": -1, "etcd-0": -1, "data-etcd-07": -1} {
		if got := claimOrdinal(claim, "etcd"); got != want {
			t.Errorf("%s: %d, want %d", claim, got, want)
		}
	}
}
