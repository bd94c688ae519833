package report

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSeveralClusters distinguishes pods of several clusters from those of a single broken one.
func TestSeveralClusters(t *testing.T) {
	led := func(id, cluster string, term uint64) Member {
		return Member{ID: id, ClusterID: cluster, Role: Leader, RaftTerm: term}
	}
	for name, tc := range map[string]struct {
		members []Member
		want    bool
	}{
		"one cluster":                          {[]Member{led("a", "c", 2), {ID: "b", ClusterID: "c", Role: Follower, RaftTerm: 2}}, false},
		"an outdated leader in an old term":    {[]Member{led("a", "c", 2), led("b", "c", 3)}, false},
		"two cluster IDs":                      {[]Member{led("a", "c", 2), led("b", "d", 3)}, true},
		"two leaders in one term":              {[]Member{led("a", "c", 2), led("b", "c", 2)}, true},
		"one member twice, in other terms":     {[]Member{led("a", "c", 2), led("a", "c", 3)}, true},
		"the same ID in another member's list": {[]Member{led("a", "c", 2), {ID: "a"}}, false},
		"no member answers":                    {[]Member{{}, {}}, false},
	} {
		if got := (Status{Members: tc.members}).SeveralClusters(); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestStatusNames(t *testing.T) {
	for name, c := range map[string]struct {
		owner Owner
		want  []string
	}{
		"a StatefulSet":            {Owner{Kind: "StatefulSet", Name: "etcd"}, []string{"statefulset.apps/etcd"}},
		"a StatefulSet each":       {Owner{Kind: "StatefulSet", Name: "a,b"}, []string{"statefulset.apps/a", "statefulset.apps/b"}},
		"a Deployment":             {Owner{Kind: "Deployment", Name: "etcd"}, []string{"deployment.apps/etcd"}},
		"an operator's resource":   {Owner{Kind: "EtcdCluster", Name: "x"}, []string{"etcdcluster/x"}},
		"static pods, by the pods": {Owner{Kind: "Node", Name: "etcd"}, []string{"pod/etcd-0", "pod/etcd-1", "pod/etcd-2"}},
		"bare pods":                {Owner{Kind: "none", Name: "etcd"}, []string{"pod/etcd-0", "pod/etcd-1", "pod/etcd-2"}},
	} {
		s := Status{Owner: c.owner, Members: []Member{{Pod: "etcd-0"}, {Pod: "etcd-1"}, {Pod: "etcd-2"}}}
		if diff := cmp.Diff(c.want, s.Names()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
