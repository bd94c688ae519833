package cluster

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/pager"

	"k8s.io/apimachinery/pkg/runtime"
)

// NotFoundError says that there is no such etcd cluster, and which there are.
type NotFoundError struct {
	Name, Namespace string
	Candidates      []string
	Left            []string // clusters that "down" removed, and whose data is still there
}

func (e *NotFoundError) Error() string {
	what := "etcd cluster"
	if e.Name != "" {
		what = fmt.Sprintf("etcd cluster %q", e.Name)
	}
	if len(e.Candidates) > 0 {
		return fmt.Sprintf("no %s in namespace %q (there is: %s)", what, e.Namespace, strings.Join(e.Candidates, ", "))
	}
	if len(e.Left) > 0 {
		return fmt.Sprintf("no %s in namespace %q, but the data of %s is still there (bring it up with \"kubectl etcd up\")",
			what, e.Namespace, strings.Join(e.Left, ", "))
	}
	return fmt.Sprintf("no %s in namespace %q (bring one up with \"kubectl etcd up\", or look in another namespace with -n)",
		what, e.Namespace)
}

// AmbiguousError says that a namespace has several etcd clusters and none was named.
type AmbiguousError struct {
	Namespace  string
	Candidates []string
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("namespace %q has several etcd clusters: %s (name one of them, with --etcd where NAME is no argument)", e.Namespace, strings.Join(e.Candidates, ", "))
}

// Find returns the etcd cluster of that name, or, without a name, the only one in the namespace.
func Find(ctx context.Context, kube kubernetes.Interface, namespace, name string) (*Cluster, error) {
	set, err := statefulSet(ctx, kube, namespace, name)
	if err != nil {
		return nil, err
	}
	container, ok := etcdContainer(set.Spec.Template.Spec)
	if !ok {
		return nil, fmt.Errorf("statefulset %q in namespace %q does not run etcd: none of its containers has the command or the image etcd",
			set.Name, set.Namespace)
	}
	c := &Cluster{Name: set.Name, Namespace: set.Namespace, StatefulSet: set}
	c.Scheme, c.ClientPort = clientURL(container)
	c.SealConfig = SealConfig(set)

	// The rest does not depend on one another, and each answer is a round trip.
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { c.Members, err = members(ctx, kube, set); return err })
	group.Go(func() (err error) { c.Seal, err = readSeal(ctx, kube, namespace, c.SealConfig); return err })
	var going map[string]bool
	group.Go(func() (err error) { going, err = goingClaims(ctx, kube, set); return err })
	group.Go(func() (err error) { c.Operation, err = readOperation(ctx, kube, namespace, set.Name); return err })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i := range c.Members {
		if claim := c.ClaimName(c.Members[i].Name); going[claim] {
			c.Members[i].ClaimGoing = claim
		}
	}
	return c, nil
}

// goingClaims returns the names of the volume claims that are being deleted.
func goingClaims(ctx context.Context, kube kubernetes.Interface, set *appsv1.StatefulSet) (map[string]bool, error) {
	claims, err := kube.CoreV1().PersistentVolumeClaims(set.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: metav1.FormatLabelSelector(set.Spec.Selector), // the StatefulSet controller gives them these labels
	})
	if apierrors.IsForbidden(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	going := map[string]bool{}
	for _, c := range claims.Items {
		going[c.Name] = c.DeletionTimestamp != nil
	}
	return going, nil
}

func statefulSet(ctx context.Context, kube kubernetes.Interface, namespace, name string) (*appsv1.StatefulSet, error) {
	if name != "" {
		set, err := kube.AppsV1().StatefulSets(namespace).Get(ctx, name, metav1.GetOptions{})
		if !apierrors.IsNotFound(err) {
			return set, err
		}
	}
	found, err := list(ctx, kube, namespace)
	if err != nil {
		return nil, err
	}
	candidates := names(found)
	switch {
	case name != "" || len(found) == 0:
		return nil, notFound(ctx, kube, &NotFoundError{Name: name, Namespace: namespace, Candidates: candidates})
	case len(found) > 1:
		return nil, &AmbiguousError{Namespace: namespace, Candidates: candidates}
	}
	return &found[0], nil
}

// notFound adds what else may explain that there is no cluster: its namespace does not exist, or "down" has left its
// data. Who may not look for either goes without.
func notFound(ctx context.Context, kube kubernetes.Interface, e *NotFoundError) error {
	if len(e.Candidates) > 0 {
		return e
	}
	if _, err := kube.CoreV1().Namespaces().Get(ctx, e.Namespace, metav1.GetOptions{}); apierrors.IsNotFound(err) {
		return err
	}
	if left, err := Left(ctx, kube, e.Namespace); err == nil {
		e.Left = left
	}
	return e
}

// Left returns the names of the clusters of a namespace that have a seal, running or not.
func Left(ctx context.Context, kube kubernetes.Interface, namespace string) ([]string, error) {
	seals, err := kube.CoreV1().ConfigMaps(namespace).List(ctx, metav1.ListOptions{LabelSelector: Selector("", ComponentSeal)})
	if err != nil {
		return nil, err
	}
	var left []string
	for _, s := range seals.Items {
		if name := s.Labels[LabelInstance]; name != "" {
			left = append(left, name)
		}
	}
	return left, nil
}

// Names returns the names of the etcd clusters in a namespace.
func Names(ctx context.Context, kube kubernetes.Interface, namespace string) ([]string, error) {
	found, err := list(ctx, kube, namespace)
	return names(found), err
}

func names(sets []appsv1.StatefulSet) []string {
	names := make([]string, len(sets))
	for i, set := range sets {
		names[i] = set.Name
	}
	return names
}

// list returns the StatefulSets of a namespace that run etcd, by name.
func list(ctx context.Context, kube kubernetes.Interface, namespace string) ([]appsv1.StatefulSet, error) {
	var found []appsv1.StatefulSet
	pages := pager.New(func(ctx context.Context, opts metav1.ListOptions) (runtime.Object, error) {
		return kube.AppsV1().StatefulSets(namespace).List(ctx, opts)
	})
	err := pages.EachListItem(ctx, metav1.ListOptions{}, func(o runtime.Object) error {
		set, ok := o.(*appsv1.StatefulSet)
		if !ok {
			return fmt.Errorf("list statefulsets: unexpected %T", o)
		}
		if _, ok := etcdContainer(set.Spec.Template.Spec); ok {
			found = append(found, *set)
		}
		return nil
	})
	sort.Slice(found, func(i, j int) bool { return found[i].Name < found[j].Name })
	return found, err
}

// members returns a place for every ordinal of the StatefulSet, whether it has a pod or not, and for pods beyond.
func members(ctx context.Context, kube kubernetes.Interface, set *appsv1.StatefulSet) ([]Member, error) {
	pods, err := kube.CoreV1().Pods(set.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: metav1.FormatLabelSelector(set.Spec.Selector),
	})
	if err != nil {
		return nil, err
	}
	byOrdinal := make(map[int]*corev1.Pod, len(pods.Items))
	ordinals := make([]int, 0, len(pods.Items))
	for i := range replicas(set) {
		ordinals = append(ordinals, int(i))
	}
	for i := range pods.Items {
		pod := &pods.Items[i]
		n, ok := ordinal(set, pod)
		if !ok {
			continue
		}
		byOrdinal[n] = pod
		if n >= int(replicas(set)) {
			ordinals = append(ordinals, n)
		}
	}
	sort.Ints(ordinals)
	found := make([]Member, len(ordinals))
	for i, n := range ordinals {
		found[i] = member(set, n, byOrdinal[n])
	}
	return found, nil
}

// ordinal returns a pod's number in its StatefulSet; a pod that only shares the labels has none.
func ordinal(set *appsv1.StatefulSet, pod *corev1.Pod) (int, bool) {
	if owner := metav1.GetControllerOf(pod); owner == nil || owner.UID != set.UID {
		return 0, false
	}
	n, err := strconv.Atoi(strings.TrimPrefix(pod.Name, set.Name+"-"))
	return n, err == nil
}

func member(set *appsv1.StatefulSet, n int, pod *corev1.Pod) Member {
	name := fmt.Sprintf("%s-%d", set.Name, n)
	m := Member{Name: name, Host: fmt.Sprintf("%s.%s.%s.svc", name, set.Spec.ServiceName, set.Namespace), Pod: pod}
	if pod != nil {
		m.Zone = pod.Labels[corev1.LabelTopologyZone] // copied from the node since Kubernetes 1.35 (KEP-4742)
	}
	return m
}

func readSeal(ctx context.Context, kube kubernetes.Interface, namespace, config string) (Seal, error) {
	if config == "" {
		return Seal{State: SealNone}, nil
	}
	cm, err := kube.CoreV1().ConfigMaps(namespace).Get(ctx, config, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return Seal{State: SealMissing}, nil
	}
	if err != nil {
		return Seal{}, err
	}
	return ParseSeal(cm.Data), nil
}

func readOperation(ctx context.Context, kube kubernetes.Interface, namespace, name string) (string, error) {
	lease, err := kube.CoordinationV1().Leases(namespace).Get(ctx, LeaseName(name), metav1.GetOptions{})
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
		return "", nil // nothing is decided by it here, so a reader without the right goes on without
	}
	if err != nil {
		return "", err
	}
	return OperationText(lease), nil
}
