package verdict

import (
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
)

// TestSlowReader has many read a new value while one is still told the old: that is an order, and must be found.
func TestSlowReader(t *testing.T) {
	r := &history.Record{Span: time.Second, Operations: []history.Operation{
		{Kind: history.Swap, Key: "r", Value: "1", Swapped: true, Revision: 2, Called: 1, Returned: 2},
		{Kind: history.Read, Key: "r", Seen: "1", Revision: 2, Called: 10, Returned: 9000},
		{Kind: history.Swap, Key: "r", Value: "2", From: 2, Swapped: true, Revision: 3, Called: 20, Returned: 8000},
	}}
	for i := range 200 {
		r.Operations = append(r.Operations, history.Operation{
			Kind: history.Read, Key: "r", Seen: "2", Revision: 3, Called: time.Duration(100 + i), Returned: time.Duration(8100 + i),
		})
	}
	if known, reasons := linearizability(r); known != Linearizable {
		t.Errorf("%s: %q", known, reasons)
	}
}
