package lifecycle

import (
	"cmp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// view builds what is seen of a cluster of three: member "etcd-1" is the one in question.
type viewBuilder struct{ View }

func newView() *viewBuilder {
	b := &viewBuilder{}
	b.Cluster = &cluster.Cluster{Name: "etcd", Namespace: "ns", SealConfig: "etcd-seal", Seal: cluster.Seal{State: cluster.SealClosed}}
	b.Status = report.Status{Leader: "etcd-0", Quorum: report.Quorum{Have: 2, Need: 2}, Healthy: true}
	for _, name := range []string{"etcd-0", "etcd-1", "etcd-2"} {
		b.Cluster.Members = append(b.Cluster.Members, cluster.Member{Name: name, Pod: pod(name)})
		b.Status.Members = append(b.Status.Members, report.Member{
			Name: name, ID: "a" + name[5:], Role: report.Follower, Healthy: true, Started: true, Version: "3.7.3",
			PeerURLs: []string{"http://" + name + ".etcd:2380"},
		})
	}
	return b
}

func pod(name string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}}
	p.Status.Phase = corev1.PodRunning
	return p
}

func (b *viewBuilder) member(change func(*report.Member)) *viewBuilder {
	change(&b.Status.Members[1])
	return b
}

func (b *viewBuilder) crashing() *viewBuilder {
	b.Cluster.Members[1].Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
		State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
	}}
	return b.member(func(m *report.Member) { m.Healthy, m.Version, m.Role = false, "", "" })
}

func (b *viewBuilder) gone() *viewBuilder {
	b.Status.Members = append(b.Status.Members[:1:1], b.Status.Members[2:]...)
	return b
}

// extra adds a pod that is no member, as "kubectl scale" does.
func (b *viewBuilder) extra(name string) *viewBuilder {
	b.Cluster.Members = append(b.Cluster.Members, cluster.Member{Name: name, Pod: pod(name)})
	b.Status.Members = append(b.Status.Members, report.Member{Name: name})
	return b
}

// unread is a cluster whose members answer, but not with their membership.
func (b *viewBuilder) unread() *viewBuilder {
	for i := range b.Status.Members {
		b.Status.Members[i].PeerURLs = nil
	}
	return b.crashing().member(func(m *report.Member) { m.ID = "" })
}

func (b *viewBuilder) open(name string) *viewBuilder {
	b.Cluster.Seal = cluster.Seal{State: cluster.SealOpen, Admits: name}
	return b
}

func learner(started, healthy bool) func(*report.Member) {
	return func(m *report.Member) { m.Role, m.Started, m.Healthy = report.Learner, started, healthy }
}

func TestStage(t *testing.T) {
	cases := map[string]struct {
		view  *viewBuilder
		begun bool
		want  stage
	}{
		"a broken voter is removed":                           {view: newView().crashing(), want: stageRemove},
		"a healthy voter that was named":                      {view: newView(), want: stageRemove},
		"removed, whatever its pod does":                      {view: newView().gone(), want: stageRenew},
		"a pod that is no member":                             {view: newView().member(func(m *report.Member) { m.ID = "" }), want: stageRenew},
		"added, not started":                                  {view: newView().crashing().member(learner(false, false)), want: stageAdmit},
		"added, not started, seal already open":               {view: newView().open("etcd-1").crashing().member(learner(false, false)), want: stageAdmit},
		"a learner that serves":                               {view: newView().open("etcd-1").member(learner(true, true)), want: stagePromote},
		"a learner that runs gets time":                       {view: newView().open("etcd-1").member(learner(true, false)), want: stagePromote},
		"a learner that crashes starts over":                  {view: newView().open("etcd-1").crashing().member(learner(true, false)), want: stageRemove},
		"promoted, seal open":                                 {view: newView().open("etcd-1"), want: stageClose},
		"promoted, seal open for another":                     {view: newView().open("etcd-2"), want: stageRemove},
		"promoted, seal open, runs but does not yet serve":    {view: newView().open("etcd-1").member(func(m *report.Member) { m.Healthy = false }), want: stageClose},
		"promoted and then lost its volume, before the close": {view: newView().open("etcd-1").crashing(), want: stageRemove},
		"a voter after this run began is the new one":         {view: newView(), begun: true, want: stageDone},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := &replacement{Env: Env{Target: cluster.Target{Name: "etcd"}}, member: "etcd-1", begun: c.begun}
			if got := r.stage(&c.view.View); got != c.want {
				t.Errorf("stage %d, want %d", got, c.want)
			}
		})
	}
}

func TestReplaceIsRefused(t *testing.T) {
	lost := newView().crashing()
	lost.Status.Members[2].Healthy = false
	strangers := newView().crashing()
	strangers.Status.Members[0].ClusterID, strangers.Status.Members[2].ClusterID = "c0", "c2"
	cases := map[string]struct {
		view   *viewBuilder
		force  bool
		want   string
		member string // etcd-1 where not given
	}{
		"no quorum without it":            {view: lost, want: "have no quorum"},
		"no quorum, force does not help":  {view: lost, force: true, want: "have no quorum"},
		"pods of several clusters":        {view: strangers, want: "of several etcd clusters"},
		"healthy":                         {view: newView(), want: "is healthy"},
		"healthy, forced":                 {view: newView(), force: true},
		"broken":                          {view: newView().crashing()},
		"the seal is open for another":    {view: newView().open("etcd-2").crashing(), want: `open for "etcd-2"`},
		"the seal is open for itself":     {view: newView().open("etcd-1").member(learner(true, true))},
		"not a member, scaled by hand":    {view: newView().extra("etcd-3"), want: "(scale the StatefulSet back, or --force)", member: "etcd-3"},
		"the membership is not known":     {view: newView().unread(), want: "could not be read"},
		"removed, interrupted":            {view: newView().gone()},
		"added, others are a quorum of 2": {view: newView().member(learner(false, false))},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := &replacement{Env: Env{Target: cluster.Target{Name: "etcd"}}, member: cmp.Or(c.member, "etcd-1"), force: c.force}
			err := r.allowed(&c.view.View)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestPeerURL(t *testing.T) {
	v := newView().gone()
	got, err := peerURL(&v.View, "etcd-1")
	if diff := gocmp.Diff("http://etcd-1.etcd:2380", got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	v.Status.Members[0].PeerURLs = []string{"http://10.0.0.1:2380"}
	if _, err := peerURL(&v.View, "etcd-1"); err == nil {
		t.Error("a peer URL without the member's name must not be guessed from")
	}
}

// The seal is opened with the exact membership, or etcd refuses to start ("member count is unequal").
func TestOpenedSealHasTheExactMembership(t *testing.T) {
	v := newView().member(func(m *report.Member) { learner(false, false)(m) })
	names, peers := membership(v.Status)
	want := map[string]string{
		cluster.EnvInitialCluster:      "x0=http://etcd-0.etcd:2380,etcd-1=http://etcd-1.etcd:2380,x2=http://etcd-2.etcd:2380",
		cluster.EnvInitialClusterState: "existing",
	}
	if diff := gocmp.Diff(want, cluster.OpenData("etcd-1", names, peers)); diff != "" {
		t.Error(diff)
	}
}
