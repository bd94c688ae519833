package verdict

import (
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history/historytest"
)

// TestJudgeLists has every key of the lost writes in the report.
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
