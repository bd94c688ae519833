package sandbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/owner"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

func names(extras []extra) []string {
	var list []string
	for _, e := range extras {
		list = append(list, e.Name)
	}
	return list
}

// An extend that failed half-way is continued: no process is started twice, and the images are loaded again.
func TestExtendGoesOnWhereItFailed(t *testing.T) {
	l := plan.Layout{Dir: "/s"}
	record := &owner.Record{Complete: true}
	want := []string{"cert-manager", "ketcd-a-kube-router", "ketcd-b-kube-router", "ketcd-c-kube-router"}
	for i := range want {
		if diff := cmp.Diff(want[i:], names(missingExtras(l, record))); diff != "" {
			t.Error(diff)
		}
		record.Processes = append(record.Processes, process.Process{Name: want[i]})
	}
	if missing := names(missingExtras(l, record)); missing != nil {
		t.Errorf("missing: %v", missing)
	}
	if extended(l, record) {
		t.Error("it has all before its images were loaded")
	}
	record.All = true
	if !extended(l, record) {
		t.Error("it lacks something")
	}
	record.Processes = record.Processes[1:]
	if extended(l, record) {
		t.Error("it has all without cert-manager")
	}
}

// Only processes of the host are in the host's cgroup.
func TestExtrasKnowTheirPlace(t *testing.T) {
	for _, e := range missingExtras(plan.Layout{Dir: "/s"}, &owner.Record{}) {
		if e.onHost != (e.Name == "cert-manager") {
			t.Errorf("%s: on the host: %t", e.Name, e.onHost)
		}
	}
}
