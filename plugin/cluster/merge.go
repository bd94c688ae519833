package cluster

import (
	"context"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// identity is what an etcd process tells of the cluster that it means to be in.
type identity struct {
	token   string
	peers   []string // the URLs that it advertises to peers
	initial []string // the peer URLs of the cluster as it is told of it at the first start
	unknown bool     // neither could be read
}

// merge puts together what has owners of its own and is one cluster all the same: the static pods of several nodes,
// pods that an operator or a person made one by one, a StatefulSet for each member, or for each zone.
func merge(ctx context.Context, open func(namespace string) *objects, found []*candidate) ([]*candidate, error) {
	byNamespace := map[string][]*candidate{}
	for _, c := range found {
		byNamespace[c.namespace] = append(byNamespace[c.namespace], c)
	}
	var merged []*candidate
	for _, namespace := range slices.Sorted(maps.Keys(byNamespace)) {
		whole, err := mergeParts(ctx, open(namespace), byNamespace[namespace])
		if err != nil {
			return nil, err
		}
		merged = append(merged, whole...)
	}
	distinguish(merged)
	slices.SortFunc(merged, func(a, b *candidate) int {
		return strings.Compare(a.namespace+"/"+a.name, b.namespace+"/"+b.name)
	})
	return merged, nil
}

// mergeParts returns the clusters of one namespace.
func mergeParts(ctx context.Context, objects *objects, found []*candidate) ([]*candidate, error) {
	if len(found) == 1 {
		return found, nil
	}
	identities := make([]identity, len(found))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, c := range found {
		if !c.ours() {
			group.Go(func() (err error) { identities[i], err = identify(ctx, objects, c); return err })
		}
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var merged, parts []*candidate
	var theirs []identity
	for i, c := range found {
		if c.part(identities[i]) {
			parts, theirs = append(parts, c), append(theirs, identities[i])
		} else {
			merged = append(merged, c)
		}
	}
	return append(merged, joined(parts, theirs)...), nil
}

// part reports whether a candidate may be a part of a cluster whose others have another owner: it is one member alone,
// or it was told of peers that are none of its own. One under a seal of ours is whole.
func (c *candidate) part(id identity) bool {
	if c.ours() {
		return false
	}
	if c.alone() {
		return true
	}
	var own []string
	for _, m := range c.places() {
		own = append(own, m.PodName)
	}
	return !id.unknown && slices.ContainsFunc(id.initial, func(peer string) bool {
		host, _, _ := strings.Cut(hostOf(peer), ".")
		return !slices.Contains(own, host)
	})
}

// joined puts the parts together that are of one cluster.
func joined(parts []*candidate, identities []identity) []*candidate {
	root := make([]int, len(parts)) // of each one's group; a union-find without ranks, for a handful
	find := func(i int) int {
		for root[i] != i {
			i = root[i]
		}
		return i
	}
	for i := range parts {
		root[i] = i
		for j := range i {
			if together(parts[i], parts[j], identities[i], identities[j]) {
				root[find(i)] = find(j)
			}
		}
	}
	groups := map[int][]*candidate{}
	for i, c := range parts {
		groups[find(i)] = append(groups[find(i)], c)
	}
	var merged []*candidate
	for _, first := range slices.Sorted(maps.Keys(groups)) {
		merged = append(merged, join(groups[first]))
	}
	return merged
}

// identify reads the settings of a candidate's first member.
func identify(ctx context.Context, objects *objects, c *candidate) (identity, error) {
	places := c.places()
	if len(places) == 0 { // scaled to 0
		return identity{unknown: true}, nil
	}
	pod := c.podOf(places[0])
	container, ok := etcdContainer(pod.Spec, "")
	if !ok {
		return identity{unknown: true}, nil
	}
	s, err := settings.Read(ctx, pod, container, objects)
	if err != nil {
		return identity{}, err
	}
	id := identity{token: s.Get("initial-cluster-token"), unknown: len(s.Unknown()) > 0}
	if peers := s.Get("initial-advertise-peer-urls"); peers != "" {
		id.peers, id.unknown = strings.Split(peers, ","), false
	}
	for _, entry := range strings.Split(s.Get("initial-cluster"), ",") {
		if _, url, ok := strings.Cut(entry, "="); ok {
			id.initial = append(id.initial, url)
		}
	}
	// A list that it is not in itself, as that of a seal, tells nothing of its cluster.
	id.unknown = id.unknown || len(id.initial) > 0 && !overlap(id.initial, id.peers)
	return id, nil
}

// together reports whether two members are of one cluster: one was told the other's peer URL at its start, under the
// same token; or nothing could be read of one, and they carry the same labels.
func together(a, b *candidate, x, y identity) bool {
	if x.token != y.token && !x.unknown && !y.unknown {
		return false
	}
	if overlap(x.initial, y.peers) || overlap(y.initial, x.peers) {
		return true
	}
	return (x.unknown || y.unknown) && len(a.labels()) > 0 && maps.Equal(a.labels(), b.labels())
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// labels returns the labels of a candidate's pods, without those that say which of them it is.
func (c *candidate) labels() map[string]string {
	all := map[string]string{}
	if len(c.pods) > 0 {
		all = maps.Clone(c.pods[0].Labels)
	}
	for _, own := range []string{
		appsv1.StatefulSetPodNameLabel, appsv1.PodIndexLabel, appsv1.ControllerRevisionHashLabelKey,
		corev1.LabelHostname, corev1.LabelTopologyZone, corev1.LabelTopologyRegion,
	} {
		delete(all, own)
	}
	return all
}
