package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// The labels of every object of a cluster (base/).
const (
	nameLabel      = "app.kubernetes.io/name"
	instanceLabel  = "app.kubernetes.io/instance"
	componentLabel = "app.kubernetes.io/component"
)

// Existing is what there is of a cluster: all of it, or what "down" left. The zero value is nothing.
type Existing struct {
	StatefulSet  *appsv1.StatefulSet // nil after "down"
	Claims       []corev1.PersistentVolumeClaim
	Seal         cluster.Seal
	Replicas     int    // of the StatefulSet, else of the bootstrap list
	Storage      string // of a volume claim
	StorageClass string // as the volume claim template names it; "" is the default class
	Image        string
	Exposed      bool // the client Service is a LoadBalancer
}

// Version returns the image's tag.
func (x Existing) Version() string {
	_, tag, _ := strings.Cut(x.Image[strings.LastIndex(x.Image, "/")+1:], ":")
	return tag
}

// Repository returns the image without its tag.
func (x Existing) Repository() string { return strings.TrimSuffix(x.Image, ":"+x.Version()) }

// Resolve returns the name of the cluster meant: the one given, or the only one of the namespace, running or left by
// "down", or otherwise fallback.
func (e Env) Resolve(ctx context.Context, name, fallback string) (string, error) {
	if name != "" {
		return name, nil
	}
	names, err := cluster.Names(ctx, e.Kube, e.Namespace)
	if err != nil {
		return "", err
	}
	left, err := e.Kube.CoreV1().ConfigMaps(e.Namespace).List(ctx, metav1.ListOptions{LabelSelector: nameLabel + "=etcd"})
	if err != nil {
		return "", err
	}
	found := map[string]bool{}
	for _, n := range names {
		found[n] = true
	}
	for _, cm := range left.Items {
		if n := strings.TrimSuffix(cm.Name, "-seal"); cluster.SealName(n) == cm.Name {
			found[n] = true
		}
	}
	candidates := make([]string, 0, len(found))
	for n := range found {
		candidates = append(candidates, n)
	}
	sort.Strings(candidates)
	switch {
	case len(candidates) == 1:
		return candidates[0], nil
	case len(candidates) > 1:
		return "", &cluster.AmbiguousError{Namespace: e.Namespace, Candidates: candidates}
	case fallback == "":
		return "", &cluster.NotFoundError{Namespace: e.Namespace}
	}
	return fallback, nil
}

// Existing reads what there is of a cluster. A StatefulSet of that name that was made otherwise is an error: nothing
// here may be done to it.
func (e Env) Existing(ctx context.Context, name string) (Existing, error) {
	var x Existing
	set, err := e.Kube.AppsV1().StatefulSets(e.Namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case err == nil:
		if !ours(set) {
			return x, fmt.Errorf("statefulset %q in namespace %q was not deployed from these manifests (choose another cluster name or namespace)",
				name, e.Namespace)
		}
		x.fromSet(set)
	case !apierrors.IsNotFound(err):
		return x, err
	}
	if err := e.readConfig(ctx, name, &x); err != nil {
		return x, err
	}
	claims, err := e.Kube.CoreV1().PersistentVolumeClaims(e.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: fmt.Sprintf("%s=etcd,%s=%s,%s=member", nameLabel, instanceLabel, name, componentLabel),
	})
	if err != nil {
		return x, err
	}
	x.Claims = claims.Items
	if set := x.StatefulSet; set == nil && len(x.Claims) > 0 {
		x.Storage = x.Claims[0].Spec.Resources.Requests.Storage().String()
		x.StorageClass = ptr.Deref(x.Claims[0].Spec.StorageClassName, "")
	}
	service, err := e.Kube.CoreV1().Services(e.Namespace).Get(ctx, name+"-client", metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return x, err
	}
	x.Exposed = err == nil && service.Spec.Type == corev1.ServiceTypeLoadBalancer
	return x, nil
}

func (x *Existing) fromSet(set *appsv1.StatefulSet) {
	x.StatefulSet = set
	x.Replicas = int(ptr.Deref(set.Spec.Replicas, 1))
	x.Image = set.Spec.Template.Spec.Containers[0].Image
	if templates := set.Spec.VolumeClaimTemplates; len(templates) > 0 {
		x.Storage = templates[0].Spec.Resources.Requests.Storage().String()
		x.StorageClass = ptr.Deref(templates[0].Spec.StorageClassName, "")
	}
}

func (e Env) readConfig(ctx context.Context, name string, x *Existing) error {
	configs := e.Kube.CoreV1().ConfigMaps(e.Namespace)
	seal, err := configs.Get(ctx, cluster.SealName(name), metav1.GetOptions{})
	switch {
	case err == nil:
		x.Seal = cluster.ParseSeal(seal.Data)
	case apierrors.IsNotFound(err):
		x.Seal.State = cluster.SealNone
	default:
		return err
	}
	if x.StatefulSet != nil {
		return nil
	}
	bootstrap, err := configs.Get(ctx, cluster.BootstrapName(name), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err == nil {
		x.Replicas = len(strings.Split(bootstrap.Data[cluster.EnvInitialCluster], ","))
	}
	return err
}

// ours reports whether a StatefulSet was made from these manifests: its containers read the seal.
func ours(set *appsv1.StatefulSet) bool {
	for _, c := range set.Spec.Template.Spec.Containers {
		for _, from := range c.EnvFrom {
			if from.ConfigMapRef != nil && from.ConfigMapRef.Name == cluster.SealName(set.Name) {
				return true
			}
		}
	}
	return false
}

// NodeProviders returns spec.providerID of every node, or an error that says that one may not look.
func (e Env) NodeProviders(ctx context.Context) ([]string, error) {
	nodes, err := e.Kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("look at the nodes: %w", err)
	}
	ids := make([]string, len(nodes.Items))
	for i, n := range nodes.Items {
		ids[i] = n.Spec.ProviderID
	}
	return ids, nil
}

// errNotOurs says that an operation needs the seal of these manifests.
var errNotOurs = errors.New("was not deployed from these manifests, so it has no seal (only clusters brought up by \"kubectl etcd up\" or the kustomize overlays can be sealed and repaired)")
