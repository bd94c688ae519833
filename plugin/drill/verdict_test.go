package drill

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// good is the evidence of a drill that held: ten writes a second for six seconds, one to each of three members in
// turn; the leader etcd-1 goes at 2s and its own writes fail until 4s.
func good() Evidence {
	newLeader, healthy := 300*time.Millisecond, 2*time.Second
	e := Evidence{
		Fault: "leader", Target: "etcd-1", Expect: Expectation{NewLeader: true, NewPod: true}, Rate: 10,
		Before:     report.Status{Leader: "etcd-1", Term: 2, Members: rows(3)},
		After:      report.Status{Leader: "etcd-2", Term: 3, Members: rows(3)},
		PodsBefore: map[string]string{"etcd-0": "a", "etcd-1": "b", "etcd-2": "c"},
		PodsAfter:  map[string]string{"etcd-0": "a", "etcd-1": "new", "etcd-2": "c"},
		Span:       6 * time.Second, FaultAt: 2 * time.Second, NewLeader: &newLeader, Healthy: &healthy,
		Marker: Write{Key: "marker", Value: "before"}, Stores: map[string]Store{}, HashRevision: 60,
	}
	keys := func() map[string]string { return map[string]string{"marker": "before"} }
	for _, m := range e.Before.Members {
		e.Stores[m.Name] = Store{Keys: keys()}
		e.Hashes = append(e.Hashes, report.MemberHash{Member: m.Name, Hash: "cafe", CompactRevision: 1})
	}
	for n := range 60 {
		at := time.Duration(n) * 100 * time.Millisecond
		w := Write{Key: fmt.Sprint("k", n), Value: fmt.Sprint(n), Member: fmt.Sprint("etcd-", n%3), Due: at, Sent: at, Returned: at + 5*time.Millisecond}
		if w.Member == "etcd-1" && at > e.FaultAt && at < 4*time.Second {
			w.Class = Failed
		} else {
			for _, s := range e.Stores {
				s.Keys[w.Key] = w.Value
			}
		}
		e.Writes = append(e.Writes, w)
	}
	return e
}

func rows(n int) []report.Member {
	var out []report.Member
	for i := range n {
		out = append(out, report.Member{Name: fmt.Sprint("etcd-", i), ID: fmt.Sprint("id", i), Healthy: true})
	}
	return out
}

func TestJudgePasses(t *testing.T) {
	d := Judge(good())
	if d.Verdict != report.Pass || len(d.Reasons) != 0 {
		t.Fatalf("verdict %s: %q", d.Verdict, d.Reasons)
	}
	want := report.Writes{Rate: 10, Attempted: 60, Acknowledged: 54, Failed: 6}
	if diff := cmp.Diff(want, d.Writes, cmp.Comparer(func(a, b []string) bool { return len(a) == len(b) })); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if d.LongestWriteGap != "200ms" || d.Members[1].LongestWriteGap != "2.1s" || d.Members[0].LongestWriteGap != "300ms" {
		t.Errorf("gaps: %s over all, %s by etcd-1, %s by etcd-0; want 200ms, 2.1s, 300ms",
			d.LongestWriteGap, d.Members[1].LongestWriteGap, d.Members[0].LongestWriteGap)
	}
	if !d.HashMatch || d.TimeToNewLeader != "300ms" || d.TimeToHealthy != "2s" || !d.Members[1].NewPod || d.Members[0].NewPod {
		t.Errorf("report: %+v", d)
	}
}

// TestJudgeCatches breaks the good evidence in one way each: the verdict must be fail and name it.
func TestJudgeCatches(t *testing.T) {
	for _, tc := range []struct {
		name  string
		spoil func(*Evidence)
		want  []string
	}{
		{"a write lost on every member", func(e *Evidence) {
			for _, s := range e.Stores {
				delete(s.Keys, "k30")
			}
		}, []string{"1 acknowledged writes are lost: k30"}},
		{
			"a write lost on one member", func(e *Evidence) { delete(e.Stores["etcd-2"].Keys, "k59") },
			[]string{"1 acknowledged writes are lost: k59"},
		},
		{
			"a write with another value", func(e *Evidence) { e.Stores["etcd-0"].Keys["k3"] = "phantom" },
			[]string{"1 acknowledged writes are lost: k3"},
		},
		{
			"the same term and leader", func(e *Evidence) { e.After.Leader, e.After.Term, e.NewLeader = "etcd-1", 2, nil },
			[]string{"the leader did not change: etcd-1 still leads in term 2"},
		},
		{
			"a leader that nobody saw come", func(e *Evidence) { e.NewLeader = nil },
			[]string{"when a new leader was elected was not observed"},
		},
		{"no leader", func(e *Evidence) { e.After.Leader = "" }, []string{"no member led at the end"}},
		{"a term that went back", func(e *Evidence) { e.After.Term = 1 }, []string{"the term went back from 2 to 1"}},
		{
			"a missing member", func(e *Evidence) { e.After.Members = e.After.Members[:2] },
			[]string{"member etcd-2 is missing at the end"},
		},
		{
			"a member with another identity", func(e *Evidence) { e.After.Members[2].ID = "other" },
			[]string{"member etcd-2 has another identity: other was id2"},
		},
		{"a member that stays down", func(e *Evidence) {
			e.After.Members[1] = report.Member{Name: "etcd-1", Error: "connection refused"}
			e.Healthy = nil
		}, []string{"member etcd-1 is not healthy at the end: connection refused"}},
		{
			"a recovery that nobody saw", func(e *Evidence) { e.Healthy = nil },
			[]string{"that all members were healthy again was not observed in time"},
		},
		{
			"a pod that was never deleted", func(e *Evidence) { e.PodsAfter["etcd-1"] = "b" },
			[]string{"pod etcd-1 was not made anew"},
		},
		{
			"a pod that did not come back", func(e *Evidence) { e.PodsAfter["etcd-1"] = "" },
			[]string{"pod etcd-1 was not made anew"},
		},
		{
			"the marker gone from a member", func(e *Evidence) { delete(e.Stores["etcd-1"].Keys, "marker") },
			[]string{"the marker is missing on member etcd-1"},
		},
		{"no marker", func(e *Evidence) { e.Marker = Write{} }, []string{"the marker was not written"}},
		{
			"a member that was not read back", func(e *Evidence) { delete(e.Stores, "etcd-0") },
			[]string{"the keys of member etcd-0 were not read back"},
		},
		{
			"a member that could not be read back", func(e *Evidence) { e.Stores["etcd-0"] = Store{Error: "no answer"} },
			[]string{"the keys of member etcd-0 could not be read back: no answer"},
		},
		{
			"another hash", func(e *Evidence) { e.Hashes[2].Hash = "beef" },
			[]string{"the stores differ at revision 60: beef (compacted at 1) on etcd-2, cafe (compacted at 1) on etcd-0 and etcd-1"},
		},
		{
			"a hash of another history", func(e *Evidence) { e.Hashes[0].CompactRevision = 9 },
			[]string{"the stores differ at revision 60: cafe (compacted at 1) on etcd-1 and etcd-2, cafe (compacted at 9) on etcd-0"},
		},
		{
			"no hash of a member", func(e *Evidence) { e.Hashes = e.Hashes[:2] },
			[]string{"the store of member etcd-2 was not hashed"},
		},
		{
			"a hash that failed", func(e *Evidence) { e.Hashes[1] = report.MemberHash{Member: "etcd-1", Error: "corrupt"} },
			[]string{"the store of member etcd-1 could not be hashed: corrupt"},
		},
		{
			"a probe that saw nothing", func(e *Evidence) { e.Writes = nil },
			[]string{"no write was acknowledged before the fault", "no write was acknowledged after the fault"},
		},
		{
			"a probe that stood still", func(e *Evidence) { e.Writes[40].Sent += 3 * time.Second; e.Writes[40].Returned += 3 * time.Second },
			[]string{"the probe fell 3s behind its own rate: the gaps are not etcd's alone"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := good()
			tc.spoil(&e)
			d := Judge(e)
			if diff := cmp.Diff(tc.want, d.Reasons); diff != "" || d.Verdict != report.Fail {
				t.Errorf("verdict %s, reasons (-want +got):\n%s", d.Verdict, diff)
			}
		})
	}
}

// TestJudgeForgivesWhatNobodyAcknowledged: an ambiguous write may be there or not.
func TestJudgeForgivesWhatNobodyAcknowledged(t *testing.T) {
	e := good()
	e.Writes[30].Class, e.Writes[32].Class = Ambiguous, Ambiguous
	for _, s := range e.Stores {
		delete(s.Keys, e.Writes[30].Key)
	}
	d := Judge(e)
	if d.Verdict != report.Pass || d.Writes.Ambiguous != 2 || d.Writes.Lost != 0 {
		t.Errorf("verdict %s %q, writes %+v", d.Verdict, d.Reasons, d.Writes)
	}
}

func TestJudgeListsSomeOfManyLostKeys(t *testing.T) {
	e := good()
	e.Stores["etcd-0"] = Store{Keys: map[string]string{"marker": "before"}}
	d := Judge(e)
	if d.Writes.Lost != 54 || len(d.Writes.LostKeys) != shownKeys {
		t.Errorf("%d lost, %d listed", d.Writes.Lost, len(d.Writes.LostKeys))
	}
	if d.Members[0].WritesLost != 54 || d.Members[1].WritesLost != 0 {
		t.Errorf("lost by member: %+v", d.Members)
	}
}

func TestLongestGap(t *testing.T) {
	second := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	for _, tc := range []struct {
		name string
		acks []float64
		want time.Duration
	}{
		{"none at all", nil, second(10)},
		{"before the first", []float64{4, 5, 6, 7, 8, 9}, second(4)},
		{"in between, out of order", []float64{9, 1, 2, 7, 8}, second(5)},
		{"after the last", []float64{1, 2, 3}, second(7)},
		{"acknowledged after the end", []float64{2, 4, 6, 8, 10.3}, second(2.3)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := Evidence{Span: second(10), Writes: []Write{{Class: Failed, Returned: second(5)}}}
			for _, at := range tc.acks {
				e.Writes = append(e.Writes, Write{Returned: second(at)})
			}
			if got := longestGap(e, ""); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}
