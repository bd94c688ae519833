package cluster

import (
	"context"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// identity is what the settings of an etcd say about its cluster.
type identity struct {
	token   string
	peers   []string // the URLs that it advertises to peers
	initial []string // the peer URLs in its --initial-cluster
	unknown bool     // the cluster is not known: the settings cannot be read, or are a seal's
}

// merge joins candidates that have different owners and are one cluster: the static pods of several nodes, pods that an
// operator or a user made one by one, a StatefulSet for each member or for each zone. The result has unique names and is
// sorted by namespace and name.
func merge(ctx context.Context, open func(namespace string) *objects, found []*candidate) ([]*candidate, error) {
	byNamespace := map[string][]*candidate{}
	for _, c := range found {
		byNamespace[c.namespace] = append(byNamespace[c.namespace], c)
	}
	var merged []*candidate
	for _, namespace := range slices.Sorted(maps.Keys(byNamespace)) {
		clusters, err := mergeParts(ctx, open(namespace), byNamespace[namespace])
		if err != nil {
			return nil, err
		}
		merged = append(merged, clusters...)
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

// mergeParts merges the candidates of one namespace.
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
		if c.mayBePart(identities[i]) {
			parts, theirs = append(parts, c), append(theirs, identities[i])
		} else {
			merged = append(merged, c)
		}
	}
	return append(merged, joinParts(parts, theirs)...), nil
}

// mayBePart reports whether a candidate may be part of a cluster whose other members have other owners: it is a single
// member, or its initial cluster has peers outside of it. A sealed StatefulSet of ours is always complete.
func (c *candidate) mayBePart(id identity) bool {
	if c.ours() {
		return false
	}
	if c.isSingleMember() || c.bySelector && id.unknown {
		return true
	}
	var own []string
	for _, m := range c.members() {
		own = append(own, m.PodName)
	}
	return !id.unknown && slices.ContainsFunc(id.initial, func(peer string) bool {
		host, _, _ := strings.Cut(hostOf(peer), ".")
		return !localURL(peer) && !slices.Contains(own, host)
	})
}

// joinParts joins the parts that are of one cluster.
func joinParts(parts []*candidate, identities []identity) []*candidate {
	root := make([]int, len(parts)) // of each part's group: a union-find without ranks, for a handful of parts
	find := func(i int) int {
		for root[i] != i {
			i = root[i]
		}
		return i
	}
	for i := range parts {
		root[i] = i
		for j := range i {
			if sameCluster(parts[i], parts[j], identities[i], identities[j]) {
				root[find(i)] = find(j)
			}
		}
	}
	groups := map[int][]*candidate{}
	for i, c := range parts {
		groups[find(i)] = append(groups[find(i)], c)
	}
	clusters := map[int]*candidate{}
	var merged []*candidate
	for _, first := range slices.Sorted(maps.Keys(groups)) {
		clusters[first] = join(groups[first])
		merged = append(merged, clusters[first])
	}
	for i := range parts {
		for j := range i {
			a, b := clusters[find(i)], clusters[find(j)]
			if a != b && maybeSame(parts[i], parts[j], identities[i], identities[j]) && !slices.Contains(a.maybeSame, b) {
				a.maybeSame, b.maybeSame = append(a.maybeSame, b), append(b.maybeSame, a)
			}
		}
	}
	return merged
}

// identify reads the identity of a candidate from the settings of its first member.
func identify(ctx context.Context, objects *objects, c *candidate) (identity, error) {
	members := c.members()
	if len(members) == 0 { // scaled to 0
		return identity{unknown: true}, nil
	}
	pod := c.podOf(members[0])
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
	unread := func(values []string, flag string) bool { return len(values) == 0 && mayBeSet(s.Unknown(), flag) }
	// A list without the member's own URL, such as a seal's, says nothing about its cluster.
	foreign := len(id.initial) > 0 && !slices.ContainsFunc(id.initial, func(url string) bool { return slices.Contains(id.peers, url) })
	id.unknown = foreign || unread(id.peers, "initial-advertise-peer-urls") || unread(id.initial, "initial-cluster")
	return id, nil
}
