package drill

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/probe"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// watched returns an observer of three members, all healthy now. etcd-0 was hit and has a new pod; etcd-1 has led
// since.
func watched() *observer {
	view := &lifecycle.View{Cluster: &cluster.Cluster{}}
	names := []string{"etcd-0", "etcd-1", "etcd-2"}
	for _, name := range names {
		view.Members = append(view.Members, etcd.Member{Name: name})
	}
	o := newObserver(view, &history.Record{
		Targets: []string{"etcd-0"}, PodsBefore: map[string]history.Pod{"etcd-0": {UID: "a", Container: "c"}},
		Before: report.Status{Leader: "etcd-0", Term: 2},
	})
	o.clock, o.progress = &probe.Probe{}, render.NewProgress(io.Discard)
	o.since = time.Now().Add(-time.Minute)
	now := time.Now()
	for _, name := range names {
		o.health[name] = answer[report.Member]{report.Member{Name: name, Healthy: true}, now}
		o.leaders[name] = answer[etcd.Leadership]{etcd.Leadership{Leader: "1", Term: 3}, now}
	}
	o.pods["etcd-0"] = answer[history.Pod]{history.Pod{UID: "new", Container: "d"}, now.Add(-time.Second)}
	o.leaderTerms = append(o.leaderTerms, history.LeaderTerm{Leader: "etcd-1", Term: 3})
	return o
}

func TestRecovered(t *testing.T) {
	all := history.Expectation{NewLeader: true, NewPod: true}
	for _, c := range []struct {
		name   string
		expect history.Expectation
		spoil  func(*observer)
		want   bool
	}{
		{"all healthy", all, func(*observer) {}, true},
		{"no election", all, func(o *observer) { o.leaderTerms = o.leaderTerms[:1] }, false},
		{"no election expected", history.Expectation{}, func(o *observer) { o.leaderTerms = o.leaderTerms[:1] }, true},
		{"the pod is the old one", all, func(o *observer) { o.pods["etcd-0"] = answer[history.Pod]{history.Pod{UID: "a"}, time.Now()} }, false},
		{"the pod was not observed", all, func(o *observer) { delete(o.pods, "etcd-0") }, false},
		{"the process is the old one", history.Expectation{Restart: true}, func(o *observer) {
			o.pods["etcd-0"] = answer[history.Pod]{history.Pod{UID: "a", Container: "c"}, time.Now()}
		}, false},
		{"an answer of the old pod", all, func(o *observer) {
			o.pods["etcd-0"] = answer[history.Pod]{history.Pod{UID: "new"}, time.Now().Add(time.Second)}
		}, false},
		{"a member is down", all, func(o *observer) { o.health["etcd-2"] = answer[report.Member]{report.Member{}, time.Now()} }, false},
		{"a member was not asked since", all, func(o *observer) {
			o.health["etcd-2"] = answer[report.Member]{report.Member{Healthy: true}, o.since.Add(-time.Second)}
		}, false},
		{"a member names another leader", all, func(o *observer) {
			o.leaders["etcd-2"] = answer[etcd.Leadership]{etcd.Leadership{Leader: "2", Term: 3}, time.Now()}
		}, false},
		{"no leader", all, func(o *observer) {
			for name := range o.leaders {
				o.leaders[name] = answer[etcd.Leadership]{etcd.Leadership{Term: 3}, time.Now()}
			}
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := watched()
			c.spoil(o)
			if got := o.recovered(c.expect); got != c.want {
				t.Errorf("recovered: %t", got)
			}
		})
	}
}

// TestAwaitRecovery: a cluster that does not recover within the limit gets a verdict, so reaching the limit is no error. The
// record then has no time of the recovery.
func TestAwaitRecovery(t *testing.T) {
	o := watched()
	o.health["etcd-2"] = answer[report.Member]{report.Member{}, time.Now()}
	if err := o.awaitRecovery(t.Context(), 100*time.Millisecond, history.Expectation{}); err != nil || o.healthy != nil {
		t.Errorf("%v, healthy at %v", err, o.healthy)
	}
	ended, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupted"))
	if err := o.awaitRecovery(ended, time.Minute, history.Expectation{}); err == nil || err.Error() != "interrupted" {
		t.Error(err)
	}
	later := time.Now().Add(time.Minute)
	for _, m := range o.members {
		o.health[m.Name] = answer[report.Member]{report.Member{Healthy: true}, later}
		o.leaders[m.Name] = answer[etcd.Leadership]{etcd.Leadership{Leader: "1", Term: 3}, later}
	}
	if err := o.awaitRecovery(t.Context(), time.Minute, history.Expectation{}); err != nil || o.healthy == nil {
		t.Errorf("%v, healthy at %v", err, o.healthy)
	}
}

// TestStoreOfAMemberWithoutAPod: what cannot be read is recorded as missing.
func TestStoreOfAMemberWithoutAPod(t *testing.T) {
	view := &lifecycle.View{Members: []etcd.Member{{Name: "etcd-0", PodProblem: "pod does not exist"}}}
	want := map[string]history.Store{"etcd-0": {Keys: map[string]history.Value{}, Error: "no request could be sent to it: pod does not exist"}}
	if diff := cmp.Diff(want, stores(t.Context(), view, "p/", 1)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestNotReady: a fault is not injected after the cluster changed.
func TestNotReady(t *testing.T) {
	o := watched()
	if why, final := o.notReady(); !final || !strings.Contains(why, "etcd-1 was elected in term 3") {
		t.Errorf("%q, final: %t", why, final)
	}
	o.leaderTerms = o.leaderTerms[:1]
	if why, _ := o.notReady(); why != "" {
		t.Error(why)
	}
	o.health["etcd-2"] = answer[report.Member]{report.Member{Error: "no quorum"}, time.Now()}
	if why, final := o.notReady(); final || !strings.Contains(why, `member "etcd-2" was not healthy before the fault: no quorum`) {
		t.Errorf("%q, final: %t", why, final)
	}
	o.health["etcd-2"] = answer[report.Member]{report.Member{Healthy: true}, time.Now().Add(-time.Minute)}
	if why, _ := o.notReady(); !strings.Contains(why, "it did not answer") {
		t.Error(why)
	}
}

// TestTimeline: events are in order and their times count from the fault, whose time may be set late.
func TestTimeline(t *testing.T) {
	o := watched()
	o.timeline = nil
	o.event(5*time.Second, "down")
	o.event(6*time.Second, "leads")
	o.event(4*time.Second, "SIGKILL")
	r := history.Record{FaultAt: 4 * time.Second}
	o.finish(&r)
	want := []report.DrillEvent{
		report.NewDrillEvent(0, "SIGKILL"), report.NewDrillEvent(time.Second, "down"), report.NewDrillEvent(2*time.Second, "leads"),
	}
	if diff := cmp.Diff(want, r.Timeline); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(r.LeaderTerms) != 2 {
		t.Errorf("%+v", r.LeaderTerms)
	}
}

// TestLeaderThatStillSaysSo: the record has when a leader last said that it leads, until another one is observed.
func TestLeaderThatStillSaysSo(t *testing.T) {
	o := watched()
	o.leaderTerms = o.leaderTerms[:1]
	o.before.Members = []report.Member{{Name: "etcd-0", ID: "1"}, {Name: "etcd-1", ID: "2"}}
	for i, said := range []struct {
		member string
		etcd.Leadership
	}{
		{"etcd-0", etcd.Leadership{Leader: "1", Term: 2}},
		{"etcd-1", etcd.Leadership{Leader: "1", Term: 2}}, // a follower does not know yet that it is gone
		{"etcd-1", etcd.Leadership{Leader: "2", Term: 3}},
		{"etcd-0", etcd.Leadership{Leader: "1", Term: 2}}, // it resumes and does not know yet
	} {
		o.recordLeader(said.member, said.Leadership, time.Duration(i+1)*time.Second)
	}
	got := []time.Duration{o.leaderTerms[0].Led, o.leaderTerms[1].Led}
	if diff := cmp.Diff([]time.Duration{time.Second, 0}, got); diff != "" || len(o.leaderTerms) != 2 {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestAskPod: a target's new pod is reported once, and an API server that does not answer is recorded.
func TestAskPod(t *testing.T) {
	o := watched()
	o.pods = map[string]answer[history.Pod]{}
	kube := fake.NewClientset(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "etcd-0", Namespace: "ns", UID: "b"}})
	o.podsAPI = kube.CoreV1().Pods("ns")
	o.members[0].kubeMember.PodName = "etcd-0"
	for range 2 {
		o.askPod(t.Context(), o.members[0])
	}
	if len(o.timeline) != 1 || o.timeline[0].text != "etcd-0 has a new pod" || len(o.outages) != 0 {
		t.Errorf("%+v, outages %+v", o.timeline, o.outages)
	}
	kube.PrependReactor("get", "pods", func(k8stesting.Action) (bool, runtime.Object, error) { return true, nil, errors.New("refused") })
	o.askPod(t.Context(), o.members[0])
	if len(o.outages) != 1 || o.outages[0].Why != "the API server did not answer: refused" {
		t.Errorf("outages %+v", o.outages)
	}
}
