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

// search finds the StatefulSets and pods of the cluster that target names.
func search(ctx context.Context, o *objects, target Target) (*candidate, error) {
	ref, err := parseRef(target.Name)
	if err != nil {
		return nil, err
	}
	if target.Selector != "" {
		return findBySelector(ctx, o, target)
	}
	var other *appsv1.StatefulSet // it has that name, and does not run etcd
	if target.Name != "" && ref.mayBeStatefulSet() {
		c, set, err := findStatefulSet(ctx, o, target, ref.name)
		if c != nil || err != nil {
			return c, err
		}
		other = set
	}
	found, podCount, err := allCandidates(ctx, o, target.Container)
	if err != nil {
		return nil, err
	}
	if target.Name == "" {
		return onlyOne(ctx, o, target, found, &NotFoundError{Namespace: target.Namespace, PodCount: podCount})
	}
	hits := namedBy(found, target)
	switch {
	case len(hits) > 0:
		return onlyOne(ctx, o, target, hits, nil)
	case other != nil:
		return nil, fmt.Errorf("statefulset %q in namespace %q does not run etcd, judging by the commands, arguments, environment and images of its containers (%s); if one does, name it with --container",
			other.Name, other.Namespace, describeContainers(other.Spec.Template.Spec))
	case ref.kind != "":
		return nil, ref.notFound(target.Namespace, found)
	}
	return nil, notFound(ctx, o.kube, &NotFoundError{Name: target.Name, Namespace: target.Namespace, Candidates: names(found), PodCount: podCount})
}

// onlyOne returns the only candidate. Its error is none if there is no candidate, and an *AmbiguousError if there are
// several.
func onlyOne(ctx context.Context, o *objects, target Target, found []*candidate, none *NotFoundError) (*candidate, error) {
	switch len(found) {
	case 0:
		return nil, notFound(ctx, o.kube, none)
	case 1:
		return found[0], nil
	}
	e := &AmbiguousError{Name: target.Name, Namespace: target.Namespace, Candidates: names(found)}
	for _, c := range found {
		if c.container != "" && !slices.Contains(e.Containers, c.container) {
			e.Containers = append(e.Containers, c.container)
		}
		if len(c.maybeSame) > 0 && e.Selector == "" {
			e.MaybeSame, e.Selector = names(append([]*candidate{c}, c.maybeSame...)), c.selector()
		}
	}
	return nil, e
}

// findStatefulSet returns the StatefulSet with that name and its pods, without scanning the namespace. The candidate is
// nil if a scan is needed: the StatefulSet does not exist, its pods run another etcd too, or it may be one of several
// that form a cluster. A StatefulSet that does not run etcd is returned as other.
func findStatefulSet(ctx context.Context, o *objects, target Target, name string) (c *candidate, other *appsv1.StatefulSet, err error) {
	set, err := o.kube.AppsV1().StatefulSets(target.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if _, ok := etcdContainer(set.Spec.Template.Spec, target.Container); !ok {
		return nil, set, nil
	}
	c = ofSet(set)
	if target.Container == "" {
		c = splitByContainer([]*candidate{c})[0] // the scan finds an etcd other than the sealed one
	}
	if c.suffix != "" || c.isSingleMember() && !c.ours() {
		return nil, nil, nil
	}
	pods, err := o.kube.CoreV1().Pods(target.Namespace).List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(set.Spec.Selector)})
	if err != nil {
		return nil, nil, err
	}
	for i := range pods.Items {
		if owner := metav1.GetControllerOf(&pods.Items[i]); owner != nil && owner.UID == set.UID { // others may have the same labels
			c.pods = append(c.pods, &pods.Items[i])
		}
	}
	if c.ours() {
		return c, nil, nil
	}
	id, err := identify(ctx, o, c)
	if err != nil || c.mayBePart(id) {
		return nil, nil, err
	}
	return c, nil, nil
}

// namedBy returns the candidates with the name of the target, or else those that the named object makes.
func namedBy(found []*candidate, target Target) []*candidate {
	ref, err := parseRef(target.Name)
	if err != nil {
		return nil
	}
	name := target.Name
	if target.Container != "" {
		name = strings.TrimSuffix(name, "."+target.Container) // with --container, candidates have no suffix
	}
	for _, is := range []func(*candidate) bool{
		func(c *candidate) bool { return c.name == target.Name },
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
