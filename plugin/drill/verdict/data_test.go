package verdict

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history/historytest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestJudgeLists: the report has every key of the lost writes.
func TestJudgeLists(t *testing.T) {
	r := historytest.Simulate(1, 2000)
	r.Stores["etcd-0"] = history.Store{Keys: map[string]history.Value{"p/marker": {Value: "before"}}}
	d := Judge(r)
	if d.Writes.Lost < 500 || len(d.Writes.LostKeys) != d.Writes.Lost {
		t.Errorf("%d lost, %d listed", d.Writes.Lost, len(d.Writes.LostKeys))
	}
	if d.Members[0].WritesFound != 0 || d.Members[0].WritesLost < 500 || d.Members[1].WritesLost != 0 {
		t.Errorf("by member: %+v", d.Members)
	}
}

// wrote returns an acknowledged write of a key to a value at a revision.
func wrote(kind history.Kind, key, value string, revision int64) history.Operation {
	o := one(kind, 1, 2)
	o.Key, o.Value, o.Revision = key, value, revision
	return o
}

// told returns an acknowledged operation that observed a value of a key at a revision.
func told(kind history.Kind, key, value string, revision int64) history.Operation {
	o := one(kind, 3, 3.5)
	o.Key, o.Seen, o.Revision, o.Swapped = key, value, revision, false
	return o
}

// holding gives every member the marker and the keys.
func holding(r *history.Record, keys map[string]history.Value) *history.Record {
	r.Marker = history.Operation{Kind: history.Write, Key: "marker", Value: "before", Revision: 2}
	for _, m := range r.Before.Members {
		own := map[string]history.Value{"marker": {Value: "before", Revision: 2}}
		maps.Copy(own, keys)
		r.Stores[m.Name] = history.Store{Keys: own}
	}
	return r
}

// TestData: what every member must hold afterwards, and what it must not.
func TestData(t *testing.T) {
	maybe := of(history.Ambiguous, wrote(history.Write, "w", "1", 0))
	for _, tc := range []struct {
		name       string
		operations []history.Operation
		keys       map[string]history.Value // on every member
		spoil      func(*history.Record)
		want       []string
	}{
		{"a write that is there", []history.Operation{wrote(history.Write, "w", "1", 5)}, map[string]history.Value{"w": {Value: "1", Revision: 5}}, nil, nil},
		{"a write at another revision", []history.Operation{wrote(history.Write, "w", "1", 5)}, map[string]history.Value{"w": {Value: "1", Revision: 6}}, nil, []string{"1 acknowledged writes are lost: w"}},
		{"a write that is older", []history.Operation{wrote(history.Write, "w", "1", 5)}, map[string]history.Value{"w": {Value: "1", Revision: 4}}, nil, []string{"1 acknowledged writes are lost: w"}},
		{"a swap that another followed", []history.Operation{wrote(history.CompareAndSwap, "r", "1", 5), wrote(history.CompareAndSwap, "r", "2", 7)}, map[string]history.Value{"r": {Value: "2", Revision: 7}}, nil, nil},
		{"a swap of which the one before is there", []history.Operation{wrote(history.CompareAndSwap, "r", "1", 5), wrote(history.CompareAndSwap, "r", "2", 7)}, map[string]history.Value{"r": {Value: "1", Revision: 5}}, nil, []string{"1 acknowledged writes are lost: r"}},
		{
			"a swap with another value at its revision",
			[]history.Operation{wrote(history.CompareAndSwap, "r", "1", 5), of(history.Ambiguous, wrote(history.CompareAndSwap, "r", "2", 0))},
			map[string]history.Value{"r": {Value: "2", Revision: 5}},
			nil,
			[]string{"1 acknowledged writes are lost: r"},
		},
		{"an ambiguous write that is there", []history.Operation{maybe}, map[string]history.Value{"w": {Value: "1", Revision: 5}}, nil, nil},
		{"an ambiguous write that is not there", []history.Operation{maybe}, nil, nil, nil},
		{"a failed write that is there", []history.Operation{of(history.Failed, maybe)}, map[string]history.Value{"w": {Value: "1", Revision: 5}}, nil, []string{"1 values are stored that no client wrote, or whose writes had failed: w"}},
		{"an ambiguous write that a read observed, and that is missing", []history.Operation{maybe, told(history.Read, "w", "1", 5)}, nil, nil, []string{"1 keys have an older value than clients have seen: w"}},
		{"an ambiguous write that the watch delivered, and that is missing", []history.Operation{maybe}, nil, func(r *history.Record) {
			r.Events = []history.Event{{Key: "w", Value: "1", Revision: 5}}
		}, []string{"1 keys have an older value than clients have seen: w"}},
		{"a key that somebody deleted", []history.Operation{maybe}, nil, func(r *history.Record) {
			r.Events = []history.Event{{Key: "w", Deleted: true, Revision: 5}}
		}, nil},
		{"a key that a failed read asked for", []history.Operation{of(history.Failed, told(history.Read, "w", "1", 5))}, nil, nil, nil},
		{
			"four writes lost",
			[]history.Operation{wrote(history.Write, "d", "1", 8), wrote(history.Write, "c", "1", 7), wrote(history.Write, "b", "1", 6), wrote(history.Write, "a", "1", 5)},
			nil, nil,
			[]string{"4 acknowledged writes are lost: a, b, c and 1 more"},
		},
		{"three writes lost", []history.Operation{wrote(history.Write, "c", "1", 7), wrote(history.Write, "b", "1", 6), wrote(history.Write, "a", "1", 5)}, nil, nil, []string{"3 acknowledged writes are lost: a, b, c"}},
		{"an ambiguous marker", nil, nil, func(r *history.Record) { r.Marker.Class = history.Ambiguous }, []string{"the marker was not written"}},
		{"a marker without a key", nil, nil, func(r *history.Record) { r.Marker.Key = "" }, []string{
			"the marker was not written", "the marker is missing on member etcd-0", "the marker is missing on member etcd-1", "the marker is missing on member etcd-2",
			"1 values are stored that no client wrote, or whose writes had failed: marker",
		}},
		{"a marker that is another on one member", nil, nil, func(r *history.Record) {
			r.Stores["etcd-2"].Keys["marker"] = history.Value{Value: "other", Revision: 2}
		}, []string{"the marker is missing on member etcd-2", "1 values are stored that no client wrote, or whose writes had failed: marker"}},
		{"one member lost a write, and the others could not be read", []history.Operation{wrote(history.Write, "w", "1", 5)}, nil, func(r *history.Record) {
			r.Stores["etcd-0"], r.Stores["etcd-2"] = history.Store{Error: "no answer"}, history.Store{Error: "refused"}
		}, []string{
			"the keys of member etcd-0 could not be read back: no answer", "the keys of member etcd-2 could not be read back: refused",
			"1 acknowledged writes are lost: w",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := holding(drillOf(tc.operations...), tc.keys)
			if tc.spoil != nil {
				tc.spoil(r)
			}
			for range 8 { // the iteration order of the stores varies
				if diff := cmp.Diff(tc.want, data(r, &report.Drill{})); diff != "" {
					t.Fatalf("-want +got:\n%s", diff)
				}
			}
		})
	}
}

// TestLostKeys: the report lists a thousand lost keys, and counts all.
func TestLostKeys(t *testing.T) {
	r := holding(drillOf(), nil)
	for i := range 1001 {
		r.Operations = append(r.Operations, wrote(history.Write, fmt.Sprintf("w%04d", i), "1", int64(i+5)))
	}
	d := Judge(r)
	if n := len(d.Writes.LostKeys); d.Writes.Lost != 1001 || n != 1000 || d.Writes.LostKeys[n-1] != "w0999" {
		t.Errorf("%d lost, %d listed: the last is %s", d.Writes.Lost, n, d.Writes.LostKeys[n-1])
	}
}

// TestHashes: every member must have been hashed, all with the same result.
func TestHashes(t *testing.T) {
	hash := func(member, hash string) report.MemberHash {
		return report.MemberHash{Member: member, Hash: hash, CompactRevision: 3}
	}
	for _, tc := range []struct {
		name   string
		hashes []report.MemberHash
		want   string
	}{
		{"the same", []report.MemberHash{hash("etcd-0", "a"), hash("etcd-1", "a"), hash("etcd-2", "a")}, ""},
		{"one of a kind", []report.MemberHash{hash("etcd-0", "b"), hash("etcd-1", "a"), hash("etcd-2", "b")}, "the stores differ at revision 9: a (compacted at 3) on etcd-1, b (compacted at 3) on etcd-0 and etcd-2"},
		{"none of the first", []report.MemberHash{hash("etcd-1", "a"), hash("etcd-2", "a")}, "the store of member etcd-0 was not hashed"},
		{"an error", []report.MemberHash{hash("etcd-0", "a"), {Member: "etcd-1", Hash: "a", Error: "timeout"}}, "the store of member etcd-1 could not be hashed: timeout"},
		{"an empty one", []report.MemberHash{hash("etcd-0", "a"), hash("etcd-1", "")}, "the store of member etcd-1 could not be hashed: unknown"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := drillOf()
			r.Hashes, r.Revision = tc.hashes, 9
			d := Judge(r)
			if d.HashMatch != (tc.want == "") || tc.want != "" && !slices.Contains(d.Reasons, tc.want) {
				t.Errorf("match %v, reasons %q, want %q", d.HashMatch, d.Reasons, tc.want)
			}
		})
	}
}

// TestMembers: what was found at each member, healthy or not.
func TestMembers(t *testing.T) {
	r := holding(drillOf(
		wrote(history.Write, "w1", "1", 5), to("etcd-1", wrote(history.Write, "w2", "2", 6)), wrote(history.CompareAndSwap, "r", "3", 7),
		of(history.Failed, wrote(history.Write, "w4", "4", 0)),
	), map[string]history.Value{"w1": {Value: "1", Revision: 5}, "w2": {Value: "2", Revision: 6}, "r": {Value: "3", Revision: 7}, "w4": {Value: "4", Revision: 8}})
	r.Hashes = []report.MemberHash{{Member: "etcd-2", Hash: "beef"}, {Member: "etcd-0", Hash: "cafe"}}
	delete(r.Stores["etcd-0"].Keys, "w2")
	delete(r.Stores["etcd-0"].Keys, "marker")
	r.Stores["etcd-1"] = history.Store{Error: "no answer"}
	r.PodsBefore["etcd-0"], r.PodsAfter["etcd-0"] = history.Pod{UID: "a", Restarts: 2}, history.Pod{UID: "a", Restarts: 5}
	r.PodsAfter["etcd-1"] = history.Pod{UID: "new", Restarts: 1}
	r.PodsBefore["etcd-2"] = history.Pod{UID: "c", Restarts: 1}
	delete(r.PodsAfter, "etcd-2")
	r.After.Members[1] = report.Member{Name: "etcd-1", Error: "connection refused"}

	want := []report.DrillMember{
		{Name: "etcd-0", Healthy: true, Restarts: 3, WritesFound: 1, WritesLost: 1, Hash: "cafe", LongestWriteGap: "8s", LongestWriteGapSeconds: 8},
		{Name: "etcd-1", Target: true, NewPod: true, LongestWriteGap: "8s", LongestWriteGapSeconds: 8, Error: "connection refused"},
		{Name: "etcd-2", Healthy: true, Marker: true, WritesFound: 2, Hash: "beef", LongestWriteGap: "10s", LongestWriteGapSeconds: 10},
	}
	if diff := cmp.Diff(want, Judge(r).Members); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	// Without a marker in the record no member has it, not even if a store has an empty key.
	r.Marker = history.Operation{}
	want[2].Marker = false
	if diff := cmp.Diff(want, Judge(r).Members); diff != "" {
		t.Errorf("without a marker, -want +got:\n%s", diff)
	}
	// The lost writes of a member that was not read back are not counted.
	delete(r.Stores, "etcd-0")
	want[0].WritesFound, want[0].WritesLost = 0, 0
	if diff := cmp.Diff(want, Judge(r).Members); diff != "" {
		t.Errorf("not read back, -want +got:\n%s", diff)
	}
}
