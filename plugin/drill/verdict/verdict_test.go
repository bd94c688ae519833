package verdict

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history/historytest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func TestJudgePasses(t *testing.T) {
	undone := 0
	for seed := range uint64(20) {
		r := historytest.Simulate(seed, 2000)
		d := Judge(r)
		if d.Verdict != report.Pass || len(d.Reasons) != 0 || !d.Linearizable || !d.Watch.Complete || !d.HashMatch {
			t.Fatalf("seed %d: verdict %s: %q", seed, d.Verdict, d.Reasons)
		}
		if d.Writes.Attempted == 0 || d.Writes.Ambiguous == 0 || d.Writes.Failed == 0 || d.Writes.Lost != 0 || d.Reads.Acknowledged == 0 || d.Elections != 1 {
			t.Errorf("seed %d: %+v %+v", seed, d.Writes, d.Reads)
		}
		byKind, notDone := 0, 0
		for _, o := range d.Operations {
			if o.Attempted != o.Acknowledged+o.NotDone+o.Ambiguous+o.Failed {
				t.Errorf("seed %d: %+v does not add up", seed, o)
			}
			if history.Kind(o.Kind).Writes() {
				byKind, notDone = byKind+o.Acknowledged, notDone+o.NotDone
			}
		}
		undone += notDone
		if byKind != d.Writes.Acknowledged || notDone != d.Writes.NotDone {
			t.Errorf("seed %d: %d acknowledged writes, and %d by kind: %+v", seed, d.Writes.Acknowledged, byKind, d.Operations)
		}
		if d.TimeToNewLeader != "300ms" || d.TimeToHealthy != "2s" || !d.Members[1].NewPod || d.Members[0].NewPod {
			t.Errorf("new leader after %s, healthy after %s, members %+v", d.TimeToNewLeader, d.TimeToHealthy, d.Members)
		}
	}
	if undone == 0 {
		t.Error("no compare-and-swap was answered and not done: nothing is shown of them")
	}
}

// find returns an operation of the record for the test to change.
func find(t *testing.T, r *history.Record, want func(history.Operation) bool) *history.Operation {
	t.Helper()
	// From the end, but not the last one: then there are operations before and after it.
	for i := len(r.Operations) - 20; i >= 0; i-- {
		if want(r.Operations[i]) {
			return &r.Operations[i]
		}
	}
	t.Fatal("the record has no such operation")
	return nil
}

func swapped(o history.Operation) bool { return o.Kind == history.CompareAndSwap && o.Wrote() }
func written(o history.Operation) bool { return o.Kind == history.Write && o.Wrote() }
func readOf(o history.Operation) bool {
	return o.Kind == history.Read && o.Class == history.Acknowledged && o.Seen != ""
}

// TestJudgeCatches: each case breaks a good record in one way. The verdict must be fail and name it.
func TestJudgeCatches(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*testing.T, *history.Record)
		want  string // in one of the reasons
	}{
		{"a write lost on every member", func(t *testing.T, r *history.Record) {
			o := find(t, r, written)
			for _, s := range r.Stores {
				delete(s.Keys, o.Key)
			}
		}, "1 acknowledged writes are lost: p/w"},
		{"a write lost on one member", func(t *testing.T, r *history.Record) {
			delete(r.Stores["etcd-2"].Keys, find(t, r, written).Key)
		}, "1 acknowledged writes are lost: p/w"},
		{"a write with another value", func(t *testing.T, r *history.Record) {
			o := find(t, r, written)
			r.Stores["etcd-0"].Keys[o.Key] = history.Value{Value: "other", Revision: o.Revision}
		}, "1 values are stored that no client wrote, or whose writes had failed: p/w"},
		{"a swap lost on every member", func(_ *testing.T, r *history.Record) {
			for _, s := range r.Stores {
				for key := range s.Keys {
					if strings.HasPrefix(key, "p/r") {
						delete(s.Keys, key)
					}
				}
			}
		}, "3 acknowledged writes are lost: p/r0-0"},
		{"a write that had failed and is there", func(t *testing.T, r *history.Record) {
			o := find(t, r, func(o history.Operation) bool { return o.Kind == history.Write && o.Class == history.Failed })
			r.Stores["etcd-0"].Keys[o.Key] = history.Value{Value: o.Value, Revision: 3}
		}, "whose writes had failed: p/w"},
		{"a stale read", func(t *testing.T, r *history.Record) {
			o := find(t, r, readOf)
			older := find(t, r, func(p history.Operation) bool { return swapped(p) && p.Key == o.Key && p.Revision < o.Revision-20 })
			o.Seen, o.Revision = older.Value, older.Revision
		}, "1 linearizable reads were stale: read of p/r"},
		{"a phantom value", func(t *testing.T, r *history.Record) { find(t, r, readOf).Seen = "phantom" }, "1 values were read that no client wrote: phantom of p/r"},
		{"a phantom value in a member's own store", func(t *testing.T, r *history.Record) {
			find(t, r, func(o history.Operation) bool { return o.Kind == history.LocalRead && o.Seen != "" }).Seen = "phantom"
		}, "1 values were read that no client wrote: phantom of p/r"},
		{"a value at another revision", func(t *testing.T, r *history.Record) { find(t, r, readOf).Revision++ }, "at revision"},
		{"a value read before it was written", func(t *testing.T, r *history.Record) {
			o := find(t, r, readOf)
			w := find(t, r, func(p history.Operation) bool { return p.Key == o.Key && p.Value == o.Seen })
			o.Called, o.Returned = w.Called-time.Second, w.Called-time.Second/2
		}, "before it was written"},
		{"a duplicated compare-and-swap", func(t *testing.T, r *history.Record) {
			o := find(t, r, swapped)
			again := *o
			again.Value, again.Revision = "again", o.Revision+1
			r.Operations = append(r.Operations, again)
		}, "1 compare-and-swaps succeeded twice on the same revision: p/r"},
		{"a compare-and-swap from a revision that was gone", func(t *testing.T, r *history.Record) {
			o := find(t, r, swapped)
			o.From -= 3
		}, "the history of the registers is not linearizable"},
		{"no register", func(_ *testing.T, r *history.Record) {
			r.Operations = slices.DeleteFunc(r.Operations, func(o history.Operation) bool { return o.Kind != history.Write })
		}, "it is unknown whether the history of the registers is linearizable"},
		{"a watch gap", func(_ *testing.T, r *history.Record) { r.Events = slices.Delete(r.Events, 100, 103) }, "the watch missed changes of 3 keys: p/"},
		{"a watch that ended early", func(_ *testing.T, r *history.Record) { r.Events = r.Events[:len(r.Events)-1] }, "the watch missed changes of 1 keys: p/"},
		{"a change delivered twice", func(_ *testing.T, r *history.Record) { r.Events = slices.Insert(r.Events, 100, r.Events[99]) }, "the watch repeated changes of 1 keys"},
		{"changes in another order", func(_ *testing.T, r *history.Record) { r.Events[50], r.Events[60] = r.Events[60], r.Events[50] }, "the watch delivered changes out of order, of"},
		{"a change that was not written", func(_ *testing.T, r *history.Record) {
			r.Events = append(r.Events, history.Event{Key: "p/x", Value: "y", Revision: 1 << 40, At: r.Span})
		}, "the watch delivered changes that no client made, or whose writes had failed, of 1 keys: p/x"},
		{"a deleted key", func(_ *testing.T, r *history.Record) {
			r.Events = append(r.Events, history.Event{Key: "p/w0", Deleted: true, Revision: 1 << 40, At: r.Span})
		}, "during the drill another client deleted 1 keys: p/w0"},
		{"a watch that could not go on", func(_ *testing.T, r *history.Record) { r.Watch.Lost = "compacted" }, "the watch is incomplete: compacted"},
		{"no watch", func(_ *testing.T, r *history.Record) { r.Watch.From = 0 }, "no watch was open"},
		{
			"the same term and leader", func(_ *testing.T, r *history.Record) { r.After.Leader, r.After.Term, r.LeaderTerms = "etcd-1", 2, nil },
			"the leader did not change: etcd-1 still leads in term 2",
		},
		{"a new leader that was not observed", func(_ *testing.T, r *history.Record) { r.LeaderTerms = r.LeaderTerms[:1] }, "the election of a new leader was not observed"},
		{
			"a leader that changed without a reason", func(_ *testing.T, r *history.Record) { r.Expect = history.Expectation{SameLeader: true} },
			"the leader changed, although it was not a target: etcd-1 led in term 2, etcd-2 in term 3",
		},
		{"no leader", func(_ *testing.T, r *history.Record) { r.After.Leader = "" }, "no member was the leader at the end"},
		{"a term that went back", func(_ *testing.T, r *history.Record) { r.After.Term = 1 }, "the term went back from 2 to 1"},
		{"a missing member", func(_ *testing.T, r *history.Record) { r.After.Members = r.After.Members[:2] }, "member etcd-2 is missing at the end"},
		{"one member more", func(_ *testing.T, r *history.Record) { r.After.Members = historytest.Rows(4) }, "member etcd-3 did not exist before the drill"},
		{"a member with another ID", func(_ *testing.T, r *history.Record) { r.After.Members[2].ID = "other" }, "member etcd-2 has another ID: other, before id2"},
		{"a member that was not replaced", func(_ *testing.T, r *history.Record) { r.Expect.NewMember = true }, "member etcd-1 still has the ID id1"},
		{"a member that became a learner", func(_ *testing.T, r *history.Record) { r.After.Members[2].Role = report.Learner }, "member etcd-2 is a learner at the end"},
		{"a member that stays down", func(_ *testing.T, r *history.Record) {
			r.After.Members[1] = report.Member{Name: "etcd-1", Error: "connection refused"}
			r.Healthy = nil
		}, "member etcd-1 is not healthy at the end: connection refused"},
		{"a recovery that was not observed", func(_ *testing.T, r *history.Record) { r.Healthy = nil }, "it was not observed within the limit that all members were healthy again"},
		{"a pod that was never deleted", func(_ *testing.T, r *history.Record) { r.PodsAfter["etcd-1"] = r.PodsBefore["etcd-1"] }, "pod etcd-1 was not recreated"},
		{"a pod that did not come back", func(_ *testing.T, r *history.Record) { delete(r.PodsAfter, "etcd-1") }, "pod etcd-1 was not recreated"},
		{"a process that was not hit", func(_ *testing.T, r *history.Record) {
			r.Expect = history.Expectation{NewLeader: true, Restart: true}
			r.PodsAfter["etcd-1"] = r.PodsBefore["etcd-1"]
		}, "etcd of member etcd-1 was not restarted"},
		{"no outage where one must be", func(_ *testing.T, r *history.Record) { r.Expect.Outage = true }, "writes went on: the longest gap was"},
		{"the marker gone from a member", func(_ *testing.T, r *history.Record) { delete(r.Stores["etcd-1"].Keys, "p/marker") }, "the marker is missing on member etcd-1"},
		{"no marker", func(_ *testing.T, r *history.Record) { r.Marker = history.Operation{} }, "the marker was not written"},
		{"a member that was not read back", func(_ *testing.T, r *history.Record) { delete(r.Stores, "etcd-0") }, "the keys of member etcd-0 were not read back"},
		{
			"a member that could not be read back", func(_ *testing.T, r *history.Record) { r.Stores["etcd-0"] = history.Store{Error: "no answer"} },
			"the keys of member etcd-0 could not be read back: no answer",
		},
		{
			"another hash", func(_ *testing.T, r *history.Record) { r.Hashes[2].Hash = "beef" },
			"the stores differ at revision",
		},
		{"a hash of another history", func(_ *testing.T, r *history.Record) { r.Hashes[0].CompactRevision = 9 }, "cafe (compacted at 9) on etcd-0"},
		{"no hash of a member", func(_ *testing.T, r *history.Record) { r.Hashes = r.Hashes[:2] }, "the store of member etcd-2 was not hashed"},
		{
			"a hash that failed", func(_ *testing.T, r *history.Record) {
				r.Hashes[1] = report.MemberHash{Member: "etcd-1", Error: "corrupt"}
			},
			"the store of member etcd-1 could not be hashed: corrupt",
		},
		{"a probe without acknowledgements", func(_ *testing.T, r *history.Record) { r.Operations = nil }, "no write was acknowledged before the fault"},
		{"a probe without reads", func(_ *testing.T, r *history.Record) {
			r.Operations = slices.DeleteFunc(r.Operations, func(o history.Operation) bool { return o.Kind == history.Read })
		}, "no linearizable read was acknowledged after the recovery"},
		{"a probe that stood still", func(_ *testing.T, r *history.Record) { r.Operations[900].Due -= 3 * time.Second }, "the probe fell 3s behind its rate"},
		{"an ambiguous write that was delivered and is missing", func(t *testing.T, r *history.Record) {
			o := find(t, r, written)
			o.Class, o.Revision = history.Ambiguous, 0
			for _, s := range r.Stores {
				delete(s.Keys, o.Key)
			}
		}, "1 keys have an older value than clients have seen: p/w"},
		{"a register that went back behind what was read", func(t *testing.T, r *history.Record) {
			o := find(t, r, readOf)
			for _, s := range r.Stores {
				s.Keys[o.Key] = history.Value{Value: s.Keys[o.Key].Value, Revision: 12}
			}
		}, "p/r"},
		{"a leader that had changed before", func(_ *testing.T, r *history.Record) { r.LeaderTerms[1].At = r.FaultAt - time.Second }, "etcd-2 was elected in term 3 before the fault"},
		{"a fault that failed midway", func(_ *testing.T, r *history.Record) { r.Failed = "forbidden" }, "the fault was not completed: forbidden"},
		{"no write from the fault on", func(_ *testing.T, r *history.Record) {
			for i := range r.Operations {
				if o := &r.Operations[i]; o.Called > *r.Healthy && o.Kind.Writes() {
					o.Class = history.Failed
				}
			}
		}, "no write was acknowledged after the recovery"},
		{"an alarm", func(_ *testing.T, r *history.Record) { r.After.WritesRefused = true }, "etcd refuses writes at the end"},
		{"a write that was made twice", func(_ *testing.T, r *history.Record) {
			again := r.Events[len(r.Events)-1]
			again.Revision++
			r.Events = append(r.Events, again)
			r.Watch.To++
		}, "the watch delivered writes that were made once at two revisions, of 1 keys"},
		{"a change that a swap expected and that was not delivered", func(t *testing.T, r *history.Record) {
			o := find(t, r, func(o history.Operation) bool { return swapped(o) && o.From > r.Watch.From })
			r.Events = slices.DeleteFunc(r.Events, func(e history.Event) bool { return e.Revision == o.From })
			for i := range r.Operations {
				if p := &r.Operations[i]; p.Revision == o.From && p.Wrote() {
					p.Class, p.Swapped, p.Revision = history.Ambiguous, false, 0
				}
			}
		}, "the watch missed changes of 1 keys: p/r"},
		{"writes in another order than they were made", func(t *testing.T, r *history.Record) {
			o := find(t, r, written)
			early := r.Operations[3].Revision
			for _, s := range r.Stores {
				s.Keys[o.Key] = history.Value{Value: o.Value, Revision: early}
			}
			o.Revision = early
		}, "have a lower revision than one that was acknowledged before they were sent: p/w"},
		{"a write gap over its budget", func(_ *testing.T, r *history.Record) { r.Budgets.WriteGap = 3 * time.Millisecond }, "the longest write gap was"},
		{"a read gap over its budget", func(_ *testing.T, r *history.Record) { r.Budgets.ReadGap = 3 * time.Millisecond }, "the longest read gap was"},
		{"a recovery over its budget", func(_ *testing.T, r *history.Record) { r.Budgets.Recovery = time.Second }, "the recovery was 2s, more than the allowed 1s"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := historytest.Simulate(1, 2000)
			tc.spoil(t, r)
			d := Judge(r)
			if d.Verdict != report.Fail || !strings.Contains(strings.Join(d.Reasons, "\n"), tc.want) {
				t.Errorf("verdict %s, reasons:\n%s\nwant: %s", d.Verdict, strings.Join(d.Reasons, "\n"), tc.want)
			}
		})
	}
}

// TestVerdictFromAFile: a record read from a file has the same verdict.
func TestVerdictFromAFile(t *testing.T) {
	r := historytest.Simulate(5, 3000)
	delete(r.Stores["etcd-2"].Keys, find(t, r, written).Key)
	r.Stores["etcd-1"] = history.Store{Keys: map[string]history.Value{}, Error: "no answer"}
	var file bytes.Buffer
	if err := history.Encode(&file, r); err != nil {
		t.Fatal(err)
	}
	again, err := history.Decode(&file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, again, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("-written +read:\n%s", diff)
	}
	if diff := cmp.Diff(Judge(r), Judge(again), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("-at once +from the file:\n%s", diff)
	}
}
