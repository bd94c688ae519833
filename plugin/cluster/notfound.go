package cluster

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// NotFoundError says that the target names no etcd cluster, and which clusters exist.
type NotFoundError struct {
	Name, Namespace string
	Candidates      []string
	Left            []string // clusters that "down" removed, and whose data still exists
	PodCount        int      // pods of the namespace that were checked
}

func (e *NotFoundError) Error() string {
	what := "etcd cluster"
	if e.Name != "" {
		what = fmt.Sprintf("etcd cluster %q", e.Name)
	}
	text := fmt.Sprintf("no %s in namespace %q", what, e.Namespace)
	switch {
	case len(e.Candidates) > 0:
		return fmt.Sprintf("%s (found: %s)", text, strings.Join(e.Candidates, ", "))
	case len(e.Left) > 0:
		return fmt.Sprintf("%s, but the data of %s still exists (bring it up with \"kubectl etcd up %s -n %s\")", text, strings.Join(e.Left, ", "), e.Left[0], e.Namespace)
	case e.PodCount > 0:
		return fmt.Sprintf("%s: none of its %d pods runs etcd, judging by their commands, arguments, environment and images "+
			"(if one does, name it with --selector and --container; \"kubectl etcd list -A\" searches every namespace)", text, e.PodCount)
	}
	return fmt.Sprintf("%s (bring one up with %q, or find one with \"kubectl etcd list -A\")", text, strings.TrimSuffix("kubectl etcd up "+e.Name, " ")+" -n "+e.Namespace)
}

// AmbiguousError says that a namespace has several etcd clusters and the target names none of them, or more than one.
type AmbiguousError struct {
	Name, Namespace string
	Candidates      []string
	Containers      []string // of the candidates, if several are in one pod
	MaybeSame       []string // candidates that may be one cluster
	Selector        string   // of the labels that they have in common
}

func (e *AmbiguousError) Error() string {
	text := fmt.Sprintf("namespace %q has several etcd clusters: %s", e.Namespace, strings.Join(e.Candidates, ", "))
	if e.Name != "" {
		text = fmt.Sprintf("%q in namespace %q names several etcd clusters: %s", e.Name, e.Namespace, strings.Join(e.Candidates, ", "))
	}
	text += " (choose one of them, with --etcd if the command has no argument NAME"
	if len(e.Containers) > 0 {
		text += fmt.Sprintf("; --container chooses between those in one pod: %s", strings.Join(e.Containers, ", "))
	}
	if e.Selector != "" {
		text += fmt.Sprintf("; %s have the same labels, and their settings cannot be read: if they are one cluster, select all of them with --selector '%s'",
			strings.Join(e.MaybeSame, " and "), e.Selector)
	}
	return text + ")"
}

// notFound adds what else may explain that there is no cluster: its namespace does not exist, or "down" has left its
// data. What the caller may not read is left out.
func notFound(ctx context.Context, kube kubernetes.Interface, e *NotFoundError) error {
	if len(e.Candidates) > 0 {
		return e
	}
	if _, err := kube.CoreV1().Namespaces().Get(ctx, e.Namespace, metav1.GetOptions{}); apierrors.IsNotFound(err) {
		return err
	}
	if left, err := RemovedWithData(ctx, kube, e.Namespace); err == nil {
		e.Left = left
	}
	return e
}

// RemovedWithData returns the names of the clusters of a namespace that have a seal, running or not.
func RemovedWithData(ctx context.Context, kube kubernetes.Interface, namespace string) ([]string, error) {
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
