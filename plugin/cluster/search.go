package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// search finds the StatefulSets and pods of the cluster that q names.
func search(ctx context.Context, o *objects, q Query) (*candidate, error) {
	ref, err := parseRef(q.Name)
	if err != nil {
		return nil, err
	}
	if q.Selector != "" {
		return selected(ctx, o, q)
	}
	var other *appsv1.StatefulSet // of that name, which is no etcd
	if q.Name != "" && ref.maySet() {
		c, set, err := named(ctx, o, q, ref.name)
		if c != nil || err != nil {
			return c, err
		}
		other = set
	}
	found, looked, err := all(ctx, o, q.Container)
	if err != nil {
		return nil, err
	}
	if q.Name == "" {
		return only(ctx, o, q, found, &NotFoundError{Namespace: q.Namespace, Looked: looked})
	}
	hits := namedBy(found, q)
	switch {
	case len(hits) > 0:
		return only(ctx, o, q, hits, nil)
	case other != nil:
		return nil, fmt.Errorf("statefulset %q in namespace %q does not run etcd, as far as the commands, arguments, environment and images of its containers tell (%s); where one does, name it with --container",
			other.Name, other.Namespace, containers(other.Spec.Template.Spec))
	case ref.kind != "":
		return nil, ref.notFound(q.Namespace, found)
	}
	return nil, notFound(ctx, o.kube, &NotFoundError{Name: q.Name, Namespace: q.Namespace, Candidates: names(found), Looked: looked})
}

// only returns the only one of some candidates.
func only(ctx context.Context, o *objects, q Query, found []*candidate, none *NotFoundError) (*candidate, error) {
	switch len(found) {
	case 0:
		return nil, notFound(ctx, o.kube, none)
	case 1:
		return found[0], nil
	}
	e := &AmbiguousError{Name: q.Name, Namespace: q.Namespace, Candidates: names(found)}
	for _, c := range found {
		if c.container != "" && !slices.Contains(e.Containers, c.container) {
			e.Containers = append(e.Containers, c.container)
		}
		if len(c.untied) > 0 && e.Selector == "" {
			e.Untied, e.Selector = names(append([]*candidate{c}, c.untied...)), c.selector()
		}
	}
	return nil, e
}

// named returns the StatefulSet of that name with its pods, without a look at everything else in the namespace. The
// candidate is nil where it takes that look: there is no such StatefulSet, its pods run another etcd beside, or it may be
// one of several that make a cluster. One that runs no etcd is returned alone.
func named(ctx context.Context, o *objects, q Query, name string) (c *candidate, other *appsv1.StatefulSet, err error) {
	set, err := o.kube.AppsV1().StatefulSets(q.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if _, ok := etcdContainer(set.Spec.Template.Spec, q.Container); !ok {
		return nil, set, nil
	}
	c = ofSet(set)
	if q.Container == "" {
		c = apart([]*candidate{c})[0] // where it is not that of ours, the long look finds that one
	}
	if c.suffix != "" || c.alone() && !c.ours() {
		return nil, nil, nil
	}
	pods, err := o.kube.CoreV1().Pods(q.Namespace).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(set.Spec.Selector)})
	if err != nil {
		return nil, nil, err
	}
	for i := range pods.Items {
		if owner := metav1.GetControllerOf(&pods.Items[i]); owner != nil && owner.UID == set.UID { // others may share the labels
			c.pods = append(c.pods, &pods.Items[i])
		}
	}
	if c.ours() {
		return c, nil, nil
	}
	id, err := identify(ctx, o, c)
	if err != nil || c.part(id) {
		return nil, nil, err
	}
	return c, nil, nil
}

// namedBy returns the candidates that a query's name is the name of, else those that are made by the object of that name.
func namedBy(found []*candidate, q Query) []*candidate {
	ref, err := parseRef(q.Name)
	if err != nil {
		return nil
	}
	name := q.Name
	if q.Container != "" {
		name = strings.TrimSuffix(name, "."+q.Container) // the name that it has where the container is not given
	}
	for _, is := range []func(*candidate) bool{
		func(c *candidate) bool { return c.name == q.Name },
		func(c *candidate) bool { return c.name == name },
		ref.makes,
	} {
		hits := slices.DeleteFunc(slices.Clone(found), func(c *candidate) bool { return !is(c) })
		if len(hits) > 0 {
			return hits
		}
	}
	return nil
}
