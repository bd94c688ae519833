package roll

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/lifecycletest"
)

// revisions sets the template revision of each pod. The current one is "new".
func revisions(b *lifecycletest.View, hashes ...string) *lifecycletest.View {
	b.Cluster.StatefulSet = &appsv1.StatefulSet{}
	b.Cluster.StatefulSet.Status.UpdateRevision = "new"
	for i, h := range hashes {
		b.Cluster.Members[i].Pod.Labels = map[string]string{appsv1.ControllerRevisionHashLabelKey: h}
	}
	return b
}

func nextToRenew(v *lifecycletest.View) string {
	old, _ := v.Cluster.Outdated()
	if len(old) == 0 {
		return ""
	}
	if broken := brokenFirst(old); broken != nil {
		return broken.Name
	}
	return followerFirst(old, v.Status).Name
}

func TestRollOrder(t *testing.T) {
	cases := map[string]struct {
		view *lifecycletest.View
		want string
	}{
		"nothing is outdated":               {revisions(lifecycletest.NewView(), "new", "new", "new"), ""},
		"a follower before the leader":      {revisions(lifecycletest.NewView(), "old", "old", "old"), "etcd-1"},
		"the last follower":                 {revisions(lifecycletest.NewView(), "old", "new", "old"), "etcd-2"},
		"the leader last":                   {revisions(lifecycletest.NewView(), "old", "new", "new"), "etcd-0"},
		"one that does not run comes first": {revisions(lifecycletest.NewView().Crashing(), "old", "old", "old"), "etcd-1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := nextToRenew(c.view); got != c.want {
				t.Errorf("next is %q, want %q", got, c.want)
			}
		})
	}
}

func TestNoMemberIsRestartedOnADegradedCluster(t *testing.T) {
	degraded := revisions(lifecycletest.NewView(), "old", "new", "old")
	degraded.Status.Members[2].Healthy = false
	sealedOut := revisions(lifecycletest.NewView(), "old", "new", "old")
	sealedOut.Status.Members[1].Healthy = false
	sealedOut.Status.Members[1].Error = "CrashLoopBackOff: couldn't find local name \"etcd-1\" in the initial cluster configuration"
	sealedOut.Status.Warnings = advice.Warnings(sealedOut.Cluster, sealedOut.Status, nil)
	behind := revisions(lifecycletest.NewView(), "old", "old", "old")
	behind.Cluster.StatefulSet.Generation = 2
	cases := map[string]struct {
		view    *lifecycletest.View
		want    bool
		refused bool
	}{
		"healthy":                             {view: revisions(lifecycletest.NewView(), "old", "old", "old"), want: true},
		"degraded":                            {view: degraded},
		"degraded by an outdated pod":         {view: revisions(lifecycletest.NewView().Crashing(), "old", "old", "old"), want: true},
		"degraded for good":                   {view: sealedOut, refused: true},
		"the controller has not seen it yet":  {view: behind},
		"nothing to do, even though degraded": {view: revisions(lifecycletest.NewView().Crashing(), "new", "new", "new"), want: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, got, err := canRestart(t.Context(), &c.view.View, Reason{"", templateChanged})
			if got != c.want || (err != nil) != c.refused {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}
