package render

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func sickDoctor() report.Doctor {
	slow, few := "every write waits", "too few so far"
	return report.NewDoctor("orders", "shop", []report.Check{
		{Name: "quorum", Group: "quorum", Result: report.Pass, Figure: "3 of 3"},
		{Name: "members", Group: "quorum", Result: report.Fail, Member: "etcd-1", Reason: "pod does not exist", Remedy: "kubectl get events"},
		{Name: "fsync", Group: "speed", Result: report.Fail, Member: "etcd-2", Figure: "p99 2s", Reason: slow, Remedy: "a faster disk"},
		{Name: "fsync", Group: "speed", Result: report.Caution, Member: "etcd-0", Figure: "p99 20ms", Reason: slow, Remedy: "a faster disk"},
		{Name: "fsync", Group: "speed", Result: report.Unknown, Member: "etcd-1", Reason: "connection refused"},
		{Name: "commit", Group: "speed", Result: report.Pass, Member: "etcd-2", Figure: "p99 9ms"},
		{Name: "commit", Group: "speed", Result: report.Unknown, Member: "etcd-0", Figure: "5 in 2m", Reason: few},
		{Name: "commit", Group: "speed", Result: report.Unknown, Member: "etcd-1", Reason: "connection refused"},
		{Name: "image", Group: "pods", Result: report.Caution, Member: "etcd-0", Figure: "etcd:latest", Reason: "no version", Remedy: "name it:\nset\nroll"},
		{Name: "image", Group: "pods", Result: report.Caution, Member: "etcd-2", Figure: "etcd:latest", Reason: "no version", Remedy: "name it:\nset\nroll"},
		{Name: "budget", Group: "domains", Result: report.Unknown, Reason: "forbidden", Remedy: "ask"},
		{Name: "files", Group: "speed", Result: report.Pass, Member: "etcd-2", Figure: "30 of 100"},
		{Name: "files", Group: "speed", Result: report.Pass, Member: "etcd-0", Figure: "20 of 100"},
		{Name: "grace", Group: "pods", Result: report.Pass, Member: "etcd-0", Figure: "30s"},
		{Name: "grace", Group: "pods", Result: report.Pass, Member: "etcd-2", Figure: "30s"},
	})
}

// TestDoctorShowsTheWorstFirst: failures and warnings in full and once, then missing evidence with its reason, then a line
// for each check that passed on all members.
func TestDoctorShowsTheWorstFirst(t *testing.T) {
	const want = `Cluster:   shop/orders
Verdict:   fail (checks: 2 failed, 1 with warnings, 2 unknown, 3 passed)

Failed:
  members   etcd-1: pod does not exist
            > kubectl get events
  fsync     etcd-2: p99 2s
            etcd-0: p99 20ms
            every write waits
            > a faster disk

Warnings:
  image   etcd-0, etcd-2: etcd:latest
          no version
          > name it:
          > set
          > roll

Evidence missing:
  etcd-1        connection refused
                unknown: fsync, commit
  etcd-0        too few so far
                unknown: commit (etcd-0: 5 in 2m)
  the cluster   forbidden
                unknown: budget
                > ask

Passed:
  quorum   3 of 3
  files    30 of 100 (etcd-2, the worst of 2)
  grace    30s
`
	var got bytes.Buffer
	if err := Print(&got, Doctor(sickDoctor()), "", false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, regexp.MustCompile(` +\n`).ReplaceAllString(got.String(), "\n")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestDoctorsTable: a remedy of several steps is one cell.
func TestDoctorsTable(t *testing.T) {
	var got strings.Builder
	if err := Print(&got, Doctor(sickDoctor()), "wide", false); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got.String(), "name it: set; roll") {
		t.Errorf("the steps are not one line:\n%s", got.String())
	}
}

func TestDoctorForPrograms(t *testing.T) {
	for format, want := range map[Format]string{
		"name":                         "check/members\ncheck/fsync\ncheck/commit\ncheck/image\ncheck/budget\n",
		"jsonpath={.kind} {.verdict}":  "Doctor fail\n",
		"jsonpath={.checks[2].remedy}": "a faster disk\n",
	} {
		var got strings.Builder
		if err := Print(&got, Doctor(sickDoctor()), format, false); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("-o %s: -want +got:\n%s", format, diff)
		}
	}
}
