package bringup

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/image"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// Existing is the state of a cluster in Kubernetes, which runs or was left by "down". In the zero value no object exists.
type Existing struct {
	StatefulSet  *appsv1.StatefulSet // nil after "down"
	Claims       []corev1.PersistentVolumeClaim
	Unlabelled   []string // claims that a StatefulSet of that name would use, without the cluster's labels
	Seal         cluster.Seal
	SealConfig   string // the name of the seal's ConfigMap in the pod template
	Replicas     int    // the number of members in the bootstrap ConfigMap, or else in the StatefulSet
	Storage      string // the requested size of a volume claim
	Volume       string // the capacity of the smallest bound volume, which may have been expanded; "" if none is bound
	Quota        string // of the database: etcd's flag, or a quantity after "down"; "" is the default
	StorageClass string // in the volume claim template; "" is the default class
	Image        string
	Exposed      bool // the client Service is a LoadBalancer
	Public       bool // the load balancer is public
	Policy       bool // there is a NetworkPolicy for the members
	Drillable    bool // its containers share a process namespace

	Source     cluster.CertificateSource // "" if no object exists
	Secrets    cluster.Secrets           // with the certificates that the pods mount
	ExtraNames []string                  // further names for the server's certificate
	Headless   string                    // the headless Service
	Client     string                    // the Service for clients
}

// Version returns the image's tag.
func (x Existing) Version() string {
	_, tag, _ := image.Split(x.Image)
	return tag
}

// Repository returns the image without its tag.
func (x Existing) Repository() string {
	repository, _, _ := image.Split(x.Image)
	return repository
}

// pinned reports whether the image is named by its digest.
func (x Existing) pinned() bool {
	_, _, digest := image.Split(x.Image)
	return digest != ""
}

// ReadExisting reads the state of a cluster. It returns an error if a StatefulSet or pods of that name exist that were not
// deployed from these manifests.
func ReadExisting(ctx context.Context, e lifecycle.Env) (Existing, error) {
	var x Existing
	set, err := e.Kube.AppsV1().StatefulSets(e.Target.Namespace).Get(ctx, e.Target.Name, metav1.GetOptions{})
	switch {
	case err == nil:
		if cluster.SealConfig(set) == "" {
			return x, fmt.Errorf("statefulset %q in namespace %q was not deployed from these manifests (choose another cluster name or namespace)",
				e.Target.Name, e.Target.Namespace)
		}
		x.fromSet(set)
		if x.Quota, err = cluster.ConfiguredQuota(ctx, set); err != nil {
			return x, err
		}
	case !apierrors.IsNotFound(err):
		return x, err
	default:
		owner, foreign, err := cluster.Foreign(ctx, e.Kube, e.Target.Namespace, e.Target.Name)
		if err != nil {
			return x, err
		}
		if foreign {
			return x, fmt.Errorf("the pods of etcd cluster %q in namespace %q (%s) were not deployed from these manifests (choose another cluster name or namespace)",
				e.Target.Name, e.Target.Namespace, owner)
		}
	}
	if err := readConfig(ctx, e, &x); err != nil {
		return x, err
	}
	if err := readClaims(ctx, e, &x); err != nil {
		return x, err
	}
	clients, err := e.Kube.CoreV1().Services(e.Target.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: cluster.Selector(e.Target.Name, cluster.ComponentClient),
	})
	if err != nil {
		return x, err
	}
	for _, s := range clients.Items {
		x.Client = s.Name
		x.Exposed = x.Exposed || s.Spec.Type == corev1.ServiceTypeLoadBalancer
		x.Public = x.Public || cluster.Public(&s)
	}
	x.Policy, err = hasPolicy(ctx, e)
	return x, err
}

// hasPolicy reports whether the cluster has a NetworkPolicy. It reports false if the user may not list NetworkPolicies.
func hasPolicy(ctx context.Context, e lifecycle.Env) (bool, error) {
	list, err := e.Kube.NetworkingV1().NetworkPolicies(e.Target.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: cluster.Selector(e.Target.Name, cluster.ComponentMember),
	})
	if apierrors.IsForbidden(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return len(list.Items) > 0, nil
}

func (x *Existing) fromSet(set *appsv1.StatefulSet) {
	x.StatefulSet = set
	x.SealConfig = cluster.SealConfig(set)
	x.Secrets, x.Headless = cluster.CertificateSecrets(set), set.Spec.ServiceName
	if x.Source = cluster.SourceOff; x.Secrets != (cluster.Secrets{}) {
		x.Source = cluster.SourceSecret // the bootstrap ConfigMap has the exact source, if it exists
	}
	x.Replicas = int(ptr.Deref(set.Spec.Replicas, 1))
	x.Image = imageOf(set.Spec.Template.Spec)
	x.Drillable = ptr.Deref(set.Spec.Template.Spec.ShareProcessNamespace, false)
	if templates := set.Spec.VolumeClaimTemplates; len(templates) > 0 {
		x.Storage = templates[0].Spec.Resources.Requests.Storage().String()
		x.StorageClass = ptr.Deref(templates[0].Spec.StorageClassName, "")
	}
}

// imageOf returns the image of the etcd container. A sidecar from a kustomization may come before it.
func imageOf(spec corev1.PodSpec) string {
	for _, c := range spec.Containers {
		if c.Name == "etcd" { // base/statefulset.yaml
			return c.Image
		}
	}
	return spec.Containers[0].Image
}

func readConfig(ctx context.Context, e lifecycle.Env, x *Existing) error {
	configs, err := e.Kube.CoreV1().ConfigMaps(e.Target.Namespace).List(ctx, metav1.ListOptions{LabelSelector: cluster.Selector(e.Target.Name)})
	if err != nil {
		return err
	}
	x.Seal.State = cluster.SealNone
	for _, c := range configs.Items {
		switch c.Labels[cluster.LabelComponent] {
		case cluster.ComponentSeal:
			x.Seal = cluster.ParseSeal(c.Data)
		case cluster.ComponentBootstrap:
			x.fromBootstrap(&c)
		}
	}
	return nil
}

func (x *Existing) fromBootstrap(c *corev1.ConfigMap) {
	x.Replicas = len(strings.Split(c.Data[cluster.EnvInitialCluster], ","))
	x.Source, x.ExtraNames = cluster.Source(c), cluster.ExtraNames(c)
	if x.StatefulSet == nil {
		x.Quota = cluster.BootstrapQuota(c)
	}
}
