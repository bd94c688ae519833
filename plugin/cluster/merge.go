package cluster

import (
	"context"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// identity is what an etcd process tells of the cluster that it means to be in.
type identity struct {
	token   string
	peers   []string // the URLs that it advertises to peers
	initial []string // the peer URLs of the cluster as it is told of it at the first start
	unknown bool     // which cluster that is cannot be told: the settings cannot be read, or are a seal's
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
	for _, c := range merged {
		if c.suffix != "" {
			c.name += "." + c.suffix
		}
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
	if c.alone() || c.asked && id.unknown {
		return true
	}
	var own []string
	for _, m := range c.places() {
		own = append(own, m.PodName)
	}
	return !id.unknown && slices.ContainsFunc(id.initial, func(peer string) bool {
		host, _, _ := strings.Cut(hostOf(peer), ".")
		return !nowhere(peer) && !slices.Contains(own, host)
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
	whole := map[int]*candidate{}
	var merged []*candidate
	for _, first := range slices.Sorted(maps.Keys(groups)) {
		whole[first] = join(groups[first])
		merged = append(merged, whole[first])
	}
	for i := range parts {
		for j := range i {
			a, b := whole[find(i)], whole[find(j)]
			if a != b && untied(parts[i], parts[j], identities[i], identities[j]) && !slices.Contains(a.untied, b) {
				a.untied, b.untied = append(a.untied, b), append(b.untied, a)
			}
		}
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
	container, ok := etcdContainer(pod.Spec, c.container)
	if !ok {
		return identity{unknown: true}, nil
	}
	s, err := settings.Read(ctx, pod, container, objects)
	if err != nil {
		return identity{}, err
	}
	id := identity{token: s.Get("initial-cluster-token")}
	if peers := s.Get("initial-advertise-peer-urls"); peers != "" {
		id.peers = strings.Split(peers, ",")
	}
	for _, entry := range strings.Split(s.Get("initial-cluster"), ",") {
		if _, url, ok := strings.Cut(entry, "="); ok {
			id.initial = append(id.initial, url)
		}
	}
	unread := func(values []string, flag string) bool { return len(values) == 0 && mayHold(s.Unknown(), flag) }
	// A list that it is not in itself, as that of a seal, tells nothing of its cluster.
	foreign := len(id.initial) > 0 && !slices.ContainsFunc(id.initial, func(url string) bool { return slices.Contains(id.peers, url) })
	id.unknown = foreign || unread(id.peers, "initial-advertise-peer-urls") || unread(id.initial, "initial-cluster")
	return id, nil
}
