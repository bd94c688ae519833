package verdict

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestLeadership: the change of leader that each kind of fault requires. This drill's leader changes from etcd-1 in
// term 2 to etcd-2 in term 3.
func TestLeadership(t *testing.T) {
	newLeader, sameLeader := history.Expectation{NewLeader: true}, history.Expectation{SameLeader: true}
	stays := func(r *history.Record) {
		r.After.Leader, r.After.Term, r.LeaderTerms = r.Before.Leader, r.Before.Term, r.LeaderTerms[:1]
	}
	changed := []string{"the leader changed, although it was not a target: etcd-1 led in term 2, etcd-2 in term 3"}
	for _, tc := range []struct {
		name   string
		expect history.Expectation
		change func(*history.Record)
		want   []string
	}{
		{"any leader will do, and another came", history.Expectation{}, nil, nil},
		{"any leader will do, and the same stayed", history.Expectation{}, stays, nil},
		{"none at the end", history.Expectation{}, func(r *history.Record) { r.After.Leader = "" }, []string{"no member was the leader at the end"}},
		{"a term that went back", history.Expectation{}, func(r *history.Record) { r.After.Term = 1 }, []string{"the term went back from 2 to 1"}},

		{"a new one is asked for and came", newLeader, nil, nil},
		{"a new one is asked for, and the same came back in a later term", newLeader, func(r *history.Record) {
			r.After.Leader, r.LeaderTerms[1].Leader = "etcd-1", "etcd-1"
		}, nil},
		{"a new one is asked for, and the same stayed", newLeader, stays, []string{"the leader did not change: etcd-1 still leads in term 2"}},
		{"a new one is asked for, and another is said to lead in the same term", newLeader, func(r *history.Record) { r.After.Term, r.LeaderTerms = 2, r.LeaderTerms[:1] }, []string{"the election of a new leader was not observed"}},
		{"a new one is asked for, and the next term was not observed", newLeader, func(r *history.Record) { r.LeaderTerms = r.LeaderTerms[:1] }, []string{"the election of a new leader was not observed"}},
		{"a new one is asked for, and is the first that was observed", newLeader, func(r *history.Record) { r.LeaderTerms = r.LeaderTerms[1:] }, nil},
		{"a new one is asked for, half a second early by another clock", newLeader, func(r *history.Record) { r.LeaderTerms[1].At = at(3.5) }, nil},
		{"a new one is asked for, and came before the fault", newLeader, func(r *history.Record) { r.LeaderTerms[1].At = at(3.49) }, []string{"etcd-2 was elected in term 3 before the fault: the target was not the leader any more"}},

		{"the same is asked for and stayed", sameLeader, stays, nil},
		{"the same is asked for, and another came", sameLeader, nil, changed},
		{"the same is asked for, and another led in between", sameLeader, func(r *history.Record) { r.After.Leader, r.After.Term = "etcd-1", 2 }, []string{
			"the leader changed, although it was not a target: etcd-1 led in term 2, etcd-1 in term 2",
		}},
		{"the same is asked for, and another leads at the end", sameLeader, func(r *history.Record) { r.After.Term, r.LeaderTerms = 2, r.LeaderTerms[:1] }, []string{
			"the leader changed, although it was not a target: etcd-1 led in term 2, etcd-2 in term 2",
		}},
		{"the same is asked for, and it leads in a later term", sameLeader, func(r *history.Record) { r.After.Leader, r.LeaderTerms = "etcd-1", r.LeaderTerms[:1] }, []string{
			"the leader changed, although it was not a target: etcd-1 led in term 2, etcd-1 in term 3",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := drillOf()
			if r.Expect = tc.expect; tc.change != nil {
				tc.change(r)
			}
			if diff := cmp.Diff(tc.want, leadership(r)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestMembership: the members and their IDs are the same, except for a target that the fault replaces.
func TestMembership(t *testing.T) {
	newMember := history.Expectation{NewMember: true}
	for _, tc := range []struct {
		name   string
		expect history.Expectation
		change func(*history.Record)
		want   []string
	}{
		{"the same", history.Expectation{}, nil, nil},
		{"another member ID", history.Expectation{}, func(r *history.Record) { r.After.Members[0].ID = "new" }, []string{"member etcd-0 has another ID: new, before id0"}},
		{"an unknown member ID", history.Expectation{}, func(r *history.Record) { r.After.Members[0].ID = "" }, nil},
		{"a target that was replaced", newMember, func(r *history.Record) { r.After.Members[1].ID = "new" }, nil},
		{"a target that was not replaced", newMember, nil, []string{"member etcd-1 still has the ID id1: it was not replaced"}},
		{"another than the target was replaced too", newMember, func(r *history.Record) { r.After.Members[1].ID, r.After.Members[2].ID = "new", "other" }, []string{"member etcd-2 has another ID: other, before id2"}},
		{"one for another", history.Expectation{}, func(r *history.Record) { r.After.Members[2].Name = "etcd-3" }, []string{"member etcd-2 is missing at the end", "member etcd-3 did not exist before the drill"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := drillOf()
			if r.Expect = tc.expect; tc.change != nil {
				tc.change(r)
			}
			if diff := cmp.Diff(tc.want, membership(r)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestRecovery: what must be healthy at the end, and what must have been hit.
func TestRecovery(t *testing.T) {
	newPod, restart := history.Expectation{NewPod: true}, history.Expectation{Restart: true}
	for _, tc := range []struct {
		name   string
		expect history.Expectation
		change func(*history.Record)
		want   []string
	}{
		{"all healthy", history.Expectation{}, nil, nil},
		{"a fault that was not carried through", history.Expectation{}, func(r *history.Record) { r.Failed = "forbidden" }, []string{"the fault was not completed: forbidden"}},
		{"an alarm", history.Expectation{}, func(r *history.Record) { r.After.WritesRefused, r.After.Alarm = true, "NOSPACE" }, []string{"etcd refuses writes at the end, because of an alarm: NOSPACE by an unknown member (etcd names it to users only)"}},
		{"an alarm from before", history.Expectation{}, func(r *history.Record) { r.After.WritesRefused, r.Before.WritesRefused = true, true }, nil},
		{"a member that is down, and the recovery was not observed", history.Expectation{}, func(r *history.Record) { r.After.Members[2].Healthy, r.Healthy = false, nil }, []string{"member etcd-2 is not healthy at the end: unknown"}},
		{"a member that became a learner", history.Expectation{}, func(r *history.Record) { r.After.Members[2].Role = report.Learner }, []string{"member etcd-2 is a learner at the end, not a voter"}},
		{"a member that was a learner before", history.Expectation{}, func(r *history.Record) {
			r.Before.Members[2].Role, r.After.Members[2].Role = report.Learner, report.Learner
		}, nil},
		{"the recovery was not observed", history.Expectation{}, func(r *history.Record) { r.Healthy = nil }, []string{"it was not observed within the limit that all members were healthy again"}},

		{"a new pod", newPod, nil, nil},
		{"the same pod", newPod, func(r *history.Record) { r.PodsAfter["etcd-1"] = r.PodsBefore["etcd-1"] }, []string{"pod etcd-1 was not recreated"}},
		{"a pod that was not observed again", newPod, func(r *history.Record) { delete(r.PodsAfter, "etcd-1") }, []string{"pod etcd-1 was not recreated"}},
		{"another container in the pod", restart, func(r *history.Record) { r.PodsAfter["etcd-1"] = history.Pod{UID: "b", Container: "v"} }, nil},
		{"another pod instead of another container", restart, func(r *history.Record) { r.PodsAfter["etcd-1"] = history.Pod{UID: "d", Container: "y"} }, nil},
		{"the same container", restart, func(r *history.Record) { r.PodsAfter["etcd-1"] = r.PodsBefore["etcd-1"] }, []string{"etcd of member etcd-1 was not restarted: the fault did not reach it"}},
		{"the same container, where none is asked for", history.Expectation{}, func(r *history.Record) { r.PodsAfter["etcd-1"] = r.PodsBefore["etcd-1"] }, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := drillOf()
			if r.Expect = tc.expect; tc.change != nil {
				tc.change(r)
			}
			if diff := cmp.Diff(tc.want, recovery(r)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestOutage: a loss of quorum shows as a time without writes that is longer than the pauses at the probe's rate.
func TestOutage(t *testing.T) {
	expected := history.Expectation{Outage: true}
	for _, tc := range []struct {
		name   string
		expect history.Expectation
		rate   int
		gap    time.Duration
		want   []string
	}{
		{"as long as it must be", expected, 100, at(0.3), nil},
		{"shorter", expected, 100, at(0.299), []string{"writes went on: the longest gap was 299ms, so the quorum was not lost"}},
		{"as long as ten operations at a low rate", expected, 20, at(0.5), nil},
		{"shorter than ten operations at a low rate", expected, 20, at(0.499), []string{"writes went on: the longest gap was 499ms, so the quorum was not lost"}},
		{"without a rate", expected, 0, at(9.999), []string{"writes went on: the longest gap was 9.999s, so the quorum was not lost"}},
		{"not required", history.Expectation{}, 100, 0, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := drillOf()
			r.Expect, r.Rate = tc.expect, tc.rate
			if diff := cmp.Diff(tc.want, outage(r, tc.gap)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
