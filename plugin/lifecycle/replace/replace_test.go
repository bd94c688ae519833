package replace

import (
	"cmp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/lifecycletest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func learner(started, healthy bool) func(*report.Member) {
	return func(m *report.Member) { m.Role, m.Started, m.Healthy = report.Learner, started, healthy }
}

func TestStage(t *testing.T) {
	cases := map[string]struct {
		view  *lifecycletest.View
		begun bool
		want  stage
	}{
		"a broken voter is removed":                           {view: lifecycletest.NewView().Crashing(), want: stageRemove},
		"a healthy voter that was named":                      {view: lifecycletest.NewView(), want: stageRemove},
		"removed, with a running pod":                         {view: lifecycletest.NewView().Gone(), want: stageRenew},
		"a pod without a member":                              {view: lifecycletest.NewView().Change(func(m *report.Member) { m.ID = "" }), want: stageRenew},
		"added, not started":                                  {view: lifecycletest.NewView().Crashing().Change(learner(false, false)), want: stageAdmit},
		"added, not started, seal already open":               {view: lifecycletest.NewView().Open("etcd-1").Crashing().Change(learner(false, false)), want: stageAdmit},
		"a learner that serves":                               {view: lifecycletest.NewView().Open("etcd-1").Change(learner(true, true)), want: stagePromote},
		"a learner that runs gets time":                       {view: lifecycletest.NewView().Open("etcd-1").Change(learner(true, false)), want: stagePromote},
		"a learner that crashes starts over":                  {view: lifecycletest.NewView().Open("etcd-1").Crashing().Change(learner(true, false)), want: stageRemove},
		"promoted, seal open":                                 {view: lifecycletest.NewView().Open("etcd-1"), want: stageClose},
		"promoted, seal open for another":                     {view: lifecycletest.NewView().Open("etcd-2"), want: stageRemove},
		"promoted, seal open, runs but does not yet serve":    {view: lifecycletest.NewView().Open("etcd-1").Change(func(m *report.Member) { m.Healthy = false }), want: stageClose},
		"promoted and then lost its volume, before the close": {view: lifecycletest.NewView().Open("etcd-1").Crashing(), want: stageRemove},
		"a voter after this run began is the new one":         {view: lifecycletest.NewView(), begun: true, want: stageDone},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := &replacement{Env: lifecycle.Env{Target: cluster.Target{Name: "etcd"}}, member: "etcd-1", begun: c.begun}
			if got := r.stage(&c.view.View); got != c.want {
				t.Errorf("stage %d, want %d", got, c.want)
			}
		})
	}
}

func TestReplaceIsRefused(t *testing.T) {
	lost := lifecycletest.NewView().Crashing()
	lost.Status.Members[2].Healthy = false
	strangers := lifecycletest.NewView().Crashing()
	strangers.Status.Members[0].ClusterID, strangers.Status.Members[2].ClusterID = "c0", "c2"
	cases := map[string]struct {
		view   *lifecycletest.View
		force  bool
		want   string
		member string // etcd-1 where not given
	}{
		"no quorum without it":            {view: lost, want: "have no quorum"},
		"no quorum, force does not help":  {view: lost, force: true, want: "have no quorum"},
		"pods of several clusters":        {view: strangers, want: "belong to several etcd clusters"},
		"healthy":                         {view: lifecycletest.NewView(), want: "is healthy"},
		"healthy, forced":                 {view: lifecycletest.NewView(), force: true},
		"broken":                          {view: lifecycletest.NewView().Crashing()},
		"the seal is open for another":    {view: lifecycletest.NewView().Open("etcd-2").Crashing(), want: `open for "etcd-2"`},
		"the seal is open for itself":     {view: lifecycletest.NewView().Open("etcd-1").Change(learner(true, true))},
		"not a member, scaled by hand":    {view: lifecycletest.NewView().Extra("etcd-3"), want: "(scale the StatefulSet back, or use --force)", member: "etcd-3"},
		"the membership is not read":      {view: lifecycletest.NewView().Unread(), want: "could not be read"},
		"removed, interrupted":            {view: lifecycletest.NewView().Gone()},
		"added, others are a quorum of 2": {view: lifecycletest.NewView().Change(learner(false, false))},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := &replacement{Env: lifecycle.Env{Target: cluster.Target{Name: "etcd"}}, member: cmp.Or(c.member, "etcd-1"), force: c.force}
			err := r.allowed(&c.view.View)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestPeerURL(t *testing.T) {
	v := lifecycletest.NewView().Gone()
	got, err := peerURL(&v.View, "etcd-1")
	if diff := gocmp.Diff("http://etcd-1.etcd:2380", got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	v.Status.Members[0].PeerURLs = []string{"http://10.0.0.1:2380"}
	if _, err := peerURL(&v.View, "etcd-1"); err == nil {
		t.Error("a peer URL without the member's name must not be guessed from")
	}
}

// The open seal must have the exact membership, or etcd does not start ("member count is unequal").
func TestOpenedSealHasTheExactMembership(t *testing.T) {
	v := lifecycletest.NewView().Change(func(m *report.Member) { learner(false, false)(m) })
	names, peers := membership(v.Status)
	want := map[string]string{
		cluster.EnvInitialCluster:      "x0=http://etcd-0.etcd:2380,etcd-1=http://etcd-1.etcd:2380,x2=http://etcd-2.etcd:2380",
		cluster.EnvInitialClusterState: "existing",
	}
	if diff := gocmp.Diff(want, cluster.OpenData("etcd-1", names, peers)); diff != "" {
		t.Error(diff)
	}
}
