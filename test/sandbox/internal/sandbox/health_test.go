package sandbox

import (
	"strings"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/controlplane"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/node"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/owner"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

// After an update of the checkout, the sandbox that runs may lack what the tests now need.
func TestCompleteNamesTheProcessThatIsNotThere(t *testing.T) {
	l := plan.Layout{Dir: "/s"}
	record := &owner.Record{}
	for _, c := range controlplane.Agents(l) {
		record.Processes = append(record.Processes, process.Process{Name: c.Name})
	}
	for _, n := range plan.Nodes() {
		for _, c := range node.Agents(l, n, process.Process{}) {
			record.Processes = append(record.Processes, process.Process{Name: c.Name})
		}
	}
	if err := complete(l, record); err != nil {
		t.Error(err)
	}
	last := len(record.Processes) - 1
	record.Processes = record.Processes[:last]
	if err := complete(l, record); err == nil || !strings.Contains(err.Error(), "ketcd-c-kube-proxy") {
		t.Errorf("got %v", err)
	}
}
