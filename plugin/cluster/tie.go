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

// together reports whether two candidates are of one cluster: one was told the other's peer URL at its start, under the
// same token. Where the settings of one cannot be read, it takes something else that ties the two.
func together(a, b *candidate, x, y identity) bool {
	switch {
	case a.container != b.container:
		return false
	case x.token != y.token && !x.unknown && !y.unknown:
		return false
	case told(x, y) || told(y, x):
		return true
	}
	return x.unknown && tied(b, a, y) || y.unknown && tied(a, b, x)
}

// told reports whether one etcd was told the peer URL of another. A URL that both claim for themselves, or that each
// process reaches itself at, is copied from an example: it names no member of a cluster with others.
func told(x, y identity) bool {
	return slices.ContainsFunc(x.initial, func(url string) bool {
		return !nowhere(url) && !slices.Contains(x.peers, url) && slices.Contains(y.peers, url)
	})
}

// nowhere reports whether a URL is about whoever dials it: a loopback or an unspecified address.
func nowhere(url string) bool {
	host := hostOf(url)
	return loopback(host) || strings.HasPrefix(host, "localhost.")
}

// tied reports whether a candidate whose settings cannot be read is of the same cluster as another all the same. Equal
// labels are no tie: applications that have nothing to do with each other carry the same ones.
func tied(a, unread *candidate, x identity) bool {
	if a.asked && unread.asked { // the user says so
		return true
	}
	if set := a.formerSet(); set != "" && set == unread.formerSet() {
		return true
	}
	if a.owner.Kind == OwnerNode && unread.owner == a.owner { // one manifest, on the nodes of one control plane
		return true
	}
	return !x.unknown && slices.ContainsFunc(x.initial, func(url string) bool {
		return !nowhere(url) && !slices.Contains(x.peers, url) && unread.answersTo(hostOf(url))
	})
}

// formerSet returns the StatefulSet that made a pod which has no owner any more, or "": it was deleted from above its
// pods, and those keep the label.
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

// answersTo reports whether a host is one of a candidate's pods, or what a Service for its StatefulSet alone is called.
func (c *candidate) answersTo(host string) bool {
	name, _, _ := strings.Cut(host, ".")
	return c.hasSet(name) || slices.ContainsFunc(c.pods, func(p *corev1.Pod) bool {
		return name == p.Name || name == p.Spec.Hostname || p.Status.PodIP != "" && host == p.Status.PodIP
	})
}

// untied reports whether two candidates may be of one cluster, and nothing tells whether they are.
func untied(a, b *candidate, x, y identity) bool {
	return (x.unknown || y.unknown) && a.container == b.container && len(a.labels()) > 0 && maps.Equal(a.labels(), b.labels())
}

// untiedText says what may be of the same cluster, and how to say that it is; or "".
func (c *candidate) untiedText() string {
	if len(c.untied) == 0 {
		return ""
	}
	return fmt.Sprintf("whether %s is of this cluster (equal labels, and settings that cannot be read; --selector '%s' takes them for one)",
		strings.Join(names(c.untied), ", "), c.selector())
}

// labels returns the labels of a candidate's pods, without those that say which of them it is.
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

// selector returns a label selector for a candidate's pods and those that carry the same labels.
func (c *candidate) selector() string { return k8slabels.SelectorFromSet(c.labels()).String() }
