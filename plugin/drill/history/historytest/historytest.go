// Package historytest simulates records of drills. Only tests import it.
package historytest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// simulation is a correct etcd and a probe of it: one store that applies one operation after the other, each at a
// moment between its call and its return.
type simulation struct {
	random   *rand.Rand
	record   *history.Record
	revision int64
	store    map[string]history.Value
	known    map[string]int64 // the newest revision of each register that a client observed
}

// Simulate returns the record of a drill of n operations, 5 ms apart. The leader dies in the middle, which makes some
// operations ambiguous and others fail.
func Simulate(seed uint64, n int) *history.Record {
	s := simulation{
		random:   rand.New(rand.NewPCG(seed, 1)), //nolint:gosec // it is to be repeated
		revision: 10, store: map[string]history.Value{}, known: map[string]int64{},
	}
	span := time.Duration(n)*5*time.Millisecond + 50*time.Millisecond
	faultAt := span / 3
	healthy := faultAt + min(2*time.Second, span/3)
	s.record = &history.Record{
		Head: report.NewHead("DrillHistory", "data", "etcd"), Fault: "leader", Targets: []string{"etcd-1"},
		Expect: history.Expectation{NewLeader: true, NewPod: true}, Rate: 200, Clients: 3,
		Before:     report.Status{Leader: "etcd-1", Term: 2, Members: Rows(3)},
		After:      report.Status{Leader: "etcd-2", Term: 3, Members: Rows(3)},
		PodsBefore: map[string]history.Pod{"etcd-0": {UID: "a"}, "etcd-1": {UID: "b"}, "etcd-2": {UID: "c"}},
		PodsAfter:  map[string]history.Pod{"etcd-0": {UID: "a"}, "etcd-1": {UID: "new"}, "etcd-2": {UID: "c"}},
		Span:       span, FaultAt: faultAt, Healthy: &healthy,
		LeaderTerms: []history.LeaderTerm{{Leader: "etcd-1", Term: 2}, {Leader: "etcd-2", Term: 3, At: faultAt + 300*time.Millisecond}},
		Stores:      map[string]history.Store{},
	}
	marker := history.Operation{Kind: history.Write, Key: "p/marker", Value: "before"}
	s.apply(&marker, -1)
	s.record.Marker, s.record.Events = marker, nil
	s.record.Watch.From = s.revision + 1
	for i := range n {
		s.operate(i)
	}
	s.record.Revision = s.revision
	s.record.Watch.To = s.revision
	for _, m := range s.record.Before.Members {
		keys := map[string]history.Value{}
		for k, v := range s.store {
			keys[k] = v
		}
		s.record.Stores[m.Name] = history.Store{Keys: keys}
		s.record.Hashes = append(s.record.Hashes, report.MemberHash{Member: m.Name, Hash: "cafe", CompactRevision: 1})
	}
	return s.record
}

// Rows returns n healthy members.
func Rows(n int) []report.Member {
	var out []report.Member
	for i := range n {
		out = append(out, report.Member{Name: fmt.Sprint("etcd-", i), ID: fmt.Sprint("id", i), Healthy: true, Role: report.Follower})
	}
	return out
}

// operate simulates the i-th operation. The store applies operations in the order of their calls. Each returns before
// the second after it is called, so that some overlap.
func (s *simulation) operate(i int) {
	kinds := []history.Kind{history.Write, history.CompareAndSwap, history.Read, history.Write, history.LocalRead, history.CompareAndSwap, history.Read}
	called := time.Duration(i) * 5 * time.Millisecond
	o := history.Operation{
		Kind: kinds[i%len(kinds)], Client: i % 3, Member: fmt.Sprint("etcd-", i%3), Value: fmt.Sprint(i),
		Due: called, Called: called, Returned: called + time.Millisecond + time.Duration(s.random.IntN(9))*time.Millisecond,
	}
	o.Key = fmt.Sprintf("p/r%d-%d", i/2000, s.random.IntN(3))
	if o.Kind == history.Write {
		o.Key = fmt.Sprintf("p/w%d", i)
	}
	if o.Kind == history.Read || o.Kind == history.LocalRead {
		o.Value = ""
	}
	if o.Kind == history.CompareAndSwap {
		o.From = s.known[o.Key]
	}
	ill := o.Member == "etcd-1" && o.Called > s.record.FaultAt && o.Called < *s.record.Healthy
	switch {
	case ill && s.random.IntN(2) == 0:
		o.Class, o.Error = history.Failed, "no connection"
	case ill:
		if s.random.IntN(2) == 0 {
			s.apply(&o, o.Called+time.Millisecond)
		}
		o.Swapped, o.Seen, o.Revision = false, "", 0
		o.Class, o.Error, o.Returned = history.Ambiguous, "no answer", o.Called+400*time.Millisecond
		if !o.Kind.Writes() {
			o.Class = history.Failed
		}
	default:
		s.apply(&o, o.Called+time.Millisecond)
		if o.Kind == history.CompareAndSwap || o.Kind == history.Read {
			s.known[o.Key] = o.Revision
		}
	}
	s.record.Operations = append(s.record.Operations, o)
}

// apply applies an operation to the store.
func (s *simulation) apply(o *history.Operation, at time.Duration) {
	is := s.store[o.Key]
	if o.Kind == history.Read || o.Kind == history.LocalRead || o.Kind == history.CompareAndSwap && is.Revision != o.From {
		o.Seen, o.Revision = is.Value, is.Revision
		return
	}
	s.revision++
	o.Swapped, o.Revision = o.Kind == history.CompareAndSwap, s.revision
	s.store[o.Key] = history.Value{Value: o.Value, Revision: s.revision}
	s.record.Events = append(s.record.Events, history.Event{Key: o.Key, Value: o.Value, Revision: s.revision, At: at})
}
