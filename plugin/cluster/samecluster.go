package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	k8slabels "k8s.io/apimachinery/pkg/labels"
)

// sameCluster reports whether two candidates are of one cluster: the initial cluster of one has a peer URL of the other,
// and their tokens are equal. If the settings of one cannot be read, another link has to exist: see linked.
func sameCluster(a, b *candidate, x, y identity) bool {
	switch {
	case a.container != b.container:
		return false
	case x.token != y.token && !x.unknown && !y.unknown:
		return false
	case listsPeer(x, y) || listsPeer(y, x):
		return true
	}
	return x.unknown && linked(b, a, y) || y.unknown && linked(a, b, x)
}

// listsPeer reports whether the initial cluster of x has a peer URL of y. A URL that both advertise, or that is local to
// every process, is copied from an example and identifies no member.
func listsPeer(x, y identity) bool {
	return slices.ContainsFunc(x.initial, func(url string) bool {
		return !localURL(url) && !slices.Contains(x.peers, url) && slices.Contains(y.peers, url)
	})
}

// localURL reports whether a URL leads each process to itself: a loopback or an unspecified address.
func localURL(url string) bool {
	host := hostOf(url)
	return loopback(host) || strings.HasPrefix(host, "localhost.")
}

// linked reports whether a candidate whose settings cannot be read is of the same cluster as another. Equal labels are
// no evidence: unrelated applications carry the same ones.
func linked(a, unread *candidate, x identity) bool {
	if a.bySelector && unread.bySelector { // the user's --selector joins them
		return true
	}
	if set := a.formerSet(); set != "" && set == unread.formerSet() {
		return true
	}
	if a.owner.Kind == OwnerNode && unread.owner == a.owner { // one manifest, on the nodes of one control plane
		return true
	}
	return !x.unknown && slices.ContainsFunc(x.initial, func(url string) bool {
		return !localURL(url) && !slices.Contains(x.peers, url) && unread.answersTo(hostOf(url))
	})
}

// formerSet returns the StatefulSet that made a pod which has no owner any more, or "": its pods were orphaned when it
// was deleted, and keep the label.
func (c *candidate) formerSet() string {
	if c.owner.Kind != OwnerNone || len(c.pods) != 1 || c.pods[0].Labels[appsv1.StatefulSetPodNameLabel] != c.pods[0].Name {
		return ""
	}
	base, n := Ordinal(c.pods[0].Name)
	if n < 0 {
		return ""
	}
	return base
}

// answersTo reports whether a host is one of a candidate's pods, or has the name of its StatefulSet, as a Service for it
// would.
func (c *candidate) answersTo(host string) bool {
	name, _, _ := strings.Cut(host, ".")
	return c.hasSet(name) || slices.ContainsFunc(c.pods, func(p *corev1.Pod) bool {
		return name == p.Name || name == p.Spec.Hostname || p.Status.PodIP != "" && host == p.Status.PodIP
	})
}

// maybeSame reports whether two candidates may be of one cluster, and nothing shows whether they are.
func maybeSame(a, b *candidate, x, y identity) bool {
	return (x.unknown || y.unknown) && a.container == b.container && len(a.labels()) > 0 && maps.Equal(a.labels(), b.labels())
}

// maybeSameText says which candidates may be of the same cluster, and the flag that joins them; or "".
func (c *candidate) maybeSameText() string {
	if len(c.maybeSame) == 0 {
		return ""
	}
	return fmt.Sprintf("whether %s belongs to this cluster (same labels, and settings that cannot be read; --selector '%s' treats them as one cluster)",
		strings.Join(names(c.maybeSame), ", "), c.selector())
}

// labels returns the labels of a candidate's pods, without those that differ from pod to pod.
func (c *candidate) labels() map[string]string {
	all := map[string]string{}
	if len(c.pods) > 0 {
		all = maps.Clone(c.pods[0].Labels)
	}
	for _, own := range []string{
		appsv1.StatefulSetPodNameLabel, appsv1.PodIndexLabel, appsv1.ControllerRevisionHashLabelKey, appsv1.DefaultDeploymentUniqueLabelKey,
		corev1.LabelHostname, corev1.LabelTopologyZone, corev1.LabelTopologyRegion,
	} {
		delete(all, own)
	}
	return all
}

// selector returns a label selector for all pods with the labels of a candidate.
func (c *candidate) selector() string { return k8slabels.SelectorFromSet(c.labels()).String() }
