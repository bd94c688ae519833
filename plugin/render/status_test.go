package render

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

var update = flag.Bool("update", false, "write the goldens anew")

// threeMembers returns the status of a healthy, sealed cluster without warnings.
func threeMembers() report.Status {
	s := report.Status{
		Head: report.NewHead("Status", "shop", "etcd"), Owner: report.Owner{Kind: "StatefulSet", Name: "etcd", Text: "StatefulSet/etcd"},
		Healthy: true, Quorum: report.Quorum{Have: 3, Need: 2}, Leader: "etcd-1", Term: 4, Revision: 812, ClientTLS: ptr.To(false), Sealed: true, Seal: "closed",
		Warnings: []report.Warning{},
	}
	for i := range 3 {
		s.Members = append(s.Members, report.Member{
			Name: fmt.Sprintf("etcd-%d", i), ID: fmt.Sprintf("23bac20ce98cf69%d", i), Pod: fmt.Sprintf("etcd-%d", i),
			Node: fmt.Sprintf("node-%d", i), Zone: fmt.Sprintf("zone-%d", i), Role: report.Follower, Started: true, Healthy: true,
			Version: "3.7.3", StorageVersion: "3.7.0", DBSizeBytes: 300 << 20, DBInUseBytes: 200 << 20, QuotaBytes: 2 << 30,
			RaftTerm: 4, RaftIndex: 823, RaftAppliedIndex: 823, Revision: 812, Alarms: []string{}, Latency: "4.92ms", LatencySeconds: 0.00492,
		})
	}
	s.Members[1].Role = report.Leader
	return s
}

// setDown makes a member one that does not answer.
func setDown(m *report.Member, reason, text string) {
	*m = report.Member{Name: m.Name, ID: m.ID, Pod: m.Pod, Node: m.Node, Alarms: []string{}, Reason: reason, Error: text}
}

// statuses returns different states of a cluster, each with a golden file.
func statuses() map[string]report.Status {
	healthy, degraded, lost, silent, bad := threeMembers(), threeMembers(), threeMembers(), threeMembers(), threeMembers()

	setDown(&degraded.Members[2], "CrashLoopBackOff", `CrashLoopBackOff, exit code 1, restarted 2 times: couldn't find local name "etcd-2" in the initial cluster configuration`)
	degraded.Healthy, degraded.Quorum.Have = false, 2
	degraded.Warnings = []report.Warning{{
		Reason: "DataLost", Member: "etcd-2", Message: `member "etcd-2" has lost its data and the seal keeps it from starting empty`,
		Remedy: "kubectl etcd replace etcd-2 --etcd etcd -n shop",
	}}

	setDown(&lost.Members[0], "no pod", "pod does not exist")
	setDown(&lost.Members[2], "no answer within 3s", "no answer within 3s")
	lost.Members[1].Role, lost.Members[1].Healthy, lost.Members[1].Latency = report.Follower, false, ""
	lost.Members[1].Reason, lost.Members[1].Error = "knows no leader", "linearizable read: the member knows no leader"
	lost.Healthy, lost.Leader, lost.Quorum.Have = false, "", 0

	silent.Healthy, silent.Leader, silent.Term, silent.Revision, silent.Quorum.Have = false, "", 0, 0, 0
	for i := range silent.Members {
		setDown(&silent.Members[i], "connection refused", fmt.Sprintf("shop/etcd-%d:2379: connection refused (nothing listens on that port)", i))
	}

	barred := threeMembers()
	barred.Healthy, barred.Leader, barred.Term, barred.Revision, barred.Quorum.Have = false, "", 0, 0, 0
	for i := range barred.Members {
		setDown(&barred.Members[i], "no such user", `log in as etcd user "app": wrong user name or password`)
		barred.Members[i].AccessDenied = true
	}

	several := threeMembers()
	several.Members = several.Members[:2]
	several.Healthy, several.Leader, several.Term, several.Revision, several.Quorum.Have = false, "", 0, 0, 0
	for i := range several.Members {
		several.Members[i].ClusterID, several.Members[i].Role = fmt.Sprintf("c%d", i), report.Leader
	}
	several.Members[1].Healthy, several.Members[1].Reason, several.Members[1].Error = false, "not a member", "the pod runs etcd but is not a member of the cluster"
	several.Warnings = []report.Warning{{Reason: "SeveralClusters", Message: "these pods belong to several etcd clusters", Remedy: "stop the clients"}}

	bad.Seal, bad.Sealed, bad.Owner, bad.ClientTLS = "none", false, report.Owner{Kind: "EtcdCluster", Name: "x", Text: "EtcdCluster/x"}, ptr.To(true)
	bad.Members[0].Version, bad.Members[0].Role, bad.Members[0].RaftTerm = "3.6.16", report.Leader, 3
	bad.Members[2].DBSizeBytes, bad.Members[2].Alarms = 2<<30, []string{"NOSPACE"}
	bad.Alarms, bad.WritesRefused = []string{"CORRUPT"}, true
	bad.Operation = "replace etcd-2: promote, by somebody, last seen 2s ago"
	bad.Warnings = []report.Warning{{Reason: "NoSpace", Message: "alarm NOSPACE, raised by etcd-2", Remedy: "kubectl etcd ctl -- compact 812\nkubectl etcd ctl -- alarm disarm"}}
	bad.Incomplete = []string{"PodDisruptionBudgets (forbidden)", "Services (forbidden)"}

	return map[string]report.Status{"healthy": healthy, "degraded": degraded, "no-quorum": lost, "silent": silent, "bad": bad, "barred": barred, "several": several}
}

func TestStatusIsPrinted(t *testing.T) {
	for name, s := range statuses() {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			for _, format := range []Format{"", "wide"} {
				if err := Print(&out, Status(s), format, false); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintln(&out, "----")
			}
			golden(t, "status-"+name+".txt", out.Bytes())
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", file, diff)
	}
}

// TestHeadHasTheWorstColour: the first line must not look healthy if anything below it is not.
func TestHeadHasTheWorstColour(t *testing.T) {
	unsealed, others, mixed := threeMembers(), threeMembers(), threeMembers()
	unsealed.Seal, others.Seal = "empty", "none"
	mixed.Members[0].Version = "3.6.16"
	for name, c := range map[string]struct {
		status report.Status
		want   Level
	}{
		"healthy":            {threeMembers(), Good},
		"other deployment":   {others, Good},
		"a member is down":   {statuses()["degraded"], Bad},
		"versions are mixed": {mixed, Warn},
		"not sealed":         {unsealed, Bad},
	} {
		if got := Status(c.status).Sections(false)[0].Lines[0][1].Level; got != c.want {
			t.Errorf("%s: level %d, want %d", name, got, c.want)
		}
	}
}
