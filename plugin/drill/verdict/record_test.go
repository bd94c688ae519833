package verdict

import (
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history/historytest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// at returns a time on the probe's clock.
func at(seconds float64) time.Duration {
	return time.Duration(seconds*1000+0.5) * time.Millisecond
}

// drillOf returns a drill of ten seconds on three members. The fault hits etcd-1 after four seconds, and every member
// is healthy again after six. It has only these operations.
func drillOf(operations ...history.Operation) *history.Record {
	healthy := at(6)
	return &history.Record{
		Targets: []string{"etcd-1"}, Rate: 100, Clients: 3,
		Span: at(10), FaultAt: at(4), Healthy: &healthy,
		Before:      report.Status{Leader: "etcd-1", Term: 2, Members: historytest.Rows(3)},
		After:       report.Status{Leader: "etcd-2", Term: 3, Members: historytest.Rows(3)},
		LeaderTerms: []history.LeaderTerm{{Leader: "etcd-1", Term: 2}, {Leader: "etcd-2", Term: 3, At: at(4.5)}},
		PodsBefore:  map[string]history.Pod{"etcd-0": {UID: "a", Container: "x"}, "etcd-1": {UID: "b", Container: "y"}, "etcd-2": {UID: "c", Container: "z"}},
		PodsAfter:   map[string]history.Pod{"etcd-0": {UID: "a", Container: "x"}, "etcd-1": {UID: "new", Container: "v"}, "etcd-2": {UID: "c", Container: "z"}},
		Stores:      map[string]history.Store{},
		Operations:  operations,
	}
}

// one returns an acknowledged operation with its call and return.
func one(kind history.Kind, called, returned float64) history.Operation {
	return history.Operation{Kind: kind, Member: "etcd-0", Due: at(called), Called: at(called), Returned: at(returned), Swapped: kind == history.CompareAndSwap}
}

// of changes the class of an operation.
func of(class history.Class, o history.Operation) history.Operation {
	o.Class, o.Swapped = class, false
	return o
}

// to changes the member that an operation was sent to.
func to(member string, o history.Operation) history.Operation {
	o.Member = member
	return o
}
