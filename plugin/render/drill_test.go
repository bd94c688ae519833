package render

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// passed returns a drill that passed.
func passed() report.Drill {
	d := report.Drill{
		Head: report.NewHead("Drill", "shop", "etcd"), Fault: "leader", Targets: []string{"etcd-1"}, Struck: "the leader etcd-1 was killed",
		Began: "2026-05-04T10:00:00Z", Verdict: report.Pass, Reasons: []string{},
		LeaderBefore: "etcd-1", LeaderAfter: "etcd-2", TermBefore: 4, TermAfter: 5, Elections: 1,
		Writes:     report.Writes{Attempted: 1402, Acknowledged: 1234, Ambiguous: 61, Failed: 107},
		Reads:      report.Reads{Attempted: 598, Acknowledged: 531, Failed: 67},
		Operations: []report.DrillOperations{{Kind: "write", Attempted: 1002, Acknowledged: 880, NotDone: 0, Ambiguous: 42, Failed: 80}, {Kind: "cas", Attempted: 400, Acknowledged: 354, NotDone: 0, Ambiguous: 19, Failed: 27}, {Kind: "read", Attempted: 398, Acknowledged: 340, NotDone: 0, Ambiguous: 0, Failed: 58}, {Kind: "serializable", Attempted: 200, Acknowledged: 191, NotDone: 0, Ambiguous: 0, Failed: 9}},

		Linearizable: true, Linearizability: "ok", Watch: report.DrillWatch{Events: 1254, Complete: true, Reopened: 1},
		LongestWriteGap: "1.064s", LongestWriteGapSeconds: 1.064, LongestReadGap: "1.021s", LongestReadGapSeconds: 1.021,
		TimeToNewLeader: "1.019s", TimeToNewLeaderSeconds: 1.019, TimeToHealthy: "8.421s", TimeToHealthySeconds: 8.421,
		Budgets: []report.DrillBudget{
			{Name: "writeGap", Limit: "2s", LimitSeconds: 2, Measured: "1.064s", MeasuredSeconds: 1.064, Held: true},
			{Name: "recovery", Limit: "3m0s", LimitSeconds: 180, Measured: "8.421s", MeasuredSeconds: 8.421, Held: true},
		},
		Prober:    report.Prober{Rate: 200, Clients: 8, Achieved: 199.8, Latest: "12ms", LatestSeconds: 0.012, CutOff: "0s"},
		HashMatch: true, HashRevision: 1262,
		Timeline: []report.DrillEvent{
			report.NewDrillEvent(-2e9, "the probe began: 200 operations/s"), report.NewDrillEvent(0, "kill the leader's etcd: etcd-1"),
			report.NewDrillEvent(31e6, "etcd-1 is down: connection refused"), report.NewDrillEvent(1019e6, "etcd-2 leads, term 5"),
			report.NewDrillEvent(3108e6, "etcd-1 was started anew"), report.NewDrillEvent(8421e6, "every member is healthy"),
		},
	}
	for _, kind := range []string{"writes", "reads", "serializable"} {
		for _, phase := range []string{"before", "during", "after"} {
			l := report.DrillLatency{Phase: phase, Kind: kind, Count: 120, P50: "2.1ms", P99: "9.84ms", Max: "31ms"}
			if phase == "during" && kind == "reads" {
				l = report.DrillLatency{Phase: phase, Kind: kind}
			}
			d.Latencies = append(d.Latencies, l)
		}
	}
	for i := range 3 {
		m := report.DrillMember{Name: fmt.Sprintf("etcd-%d", i), Healthy: true, Marker: true, WritesFound: 880, Hash: "74dbbcfc", LongestWriteGap: "1.072s"}
		if i == 1 {
			m.Target, m.Restarts, m.LongestWriteGap = true, 1, "3.182s"
		}
		d.Members = append(d.Members, m)
	}
	return d
}

// drills returns drills with different results, each with a golden file.
func drills() map[string]report.Drill {
	lost, unknown, cut := passed(), passed(), passed()

	lost.Verdict, lost.Writes.Lost = report.Fail, 27
	for i := range lost.Writes.Lost {
		lost.Writes.LostKeys = append(lost.Writes.LostKeys, fmt.Sprintf("kubectl-etcd/drill/w/%04d", 411+i))
	}
	lost.Reasons = []string{
		"27 acknowledged writes are lost: kubectl-etcd/drill/w/0411, kubectl-etcd/drill/w/0412, kubectl-etcd/drill/w/0413 and 24 more",
		"the stores differ at revision 1262: 74dbbcfc on etcd-0 and etcd-2, 00c0ffee on etcd-1",
	}
	lost.Members[1].WritesFound, lost.Members[1].WritesLost, lost.Members[1].Hash = 853, 27, "00c0ffee"
	lost.HashMatch, lost.LeaderAfter, lost.TimeToHealthy = false, "", ""
	lost.Budgets = []report.DrillBudget{{Name: "writeGap", Limit: "1s", Measured: "1.064s"}, {Name: "recovery", Limit: "3m0s"}}
	lost.Members[0].Healthy, lost.Members[0].Error = false, "no answer within 3s"
	lost.Left = []string{"pod etcd-1 keeps an ephemeral container"}
	lost.Notes = []string{"the cluster has no PodDisruptionBudget"}

	unknown.Verdict, unknown.Linearizable, unknown.Linearizability = report.Fail, false, "unknown"
	unknown.Reasons = []string{"whether the registers' history is linearizable is unknown: the search did not end within 20s"}
	unknown.LongestWriteGap, unknown.LongestWriteGapSeconds = "24ms", 0.024
	unknown.LeaderAfter, unknown.TermAfter, unknown.Elections, unknown.TimeToNewLeader = "etcd-1", 4, 0, ""

	cut.Verdict, cut.Struck, cut.Budgets = report.Fail, "", nil
	cut.Prober = report.Prober{
		Rate: 200, Clients: 8, Achieved: 141.2, Latest: "1.302s", LatestSeconds: 1.302, CutOff: "2.407s", CutOffSeconds: 2.407,
		CutOffBecause: "dial tcp 10.0.0.1:6443: connect: connection refused", ServerFailures: 2,
	}
	cut.Reasons = []string{"the stores of members could not be read back"}
	cut.Members[2].Marker, cut.Members[2].WritesFound = false, 0
	cut.Watch = report.DrillWatch{Events: 31, Reopened: 4}

	return map[string]report.Drill{"pass": passed(), "lost": lost, "unknown": unknown, "cut-off": cut}
}

func TestDrillIsPrinted(t *testing.T) {
	for name, d := range drills() {
		t.Run(name, func(t *testing.T) { goldenOf(t, "drill-"+name+".txt", Drill(d)) })
	}
}

func goldenOf(t *testing.T, name string, doc Document) {
	t.Helper()
	var out bytes.Buffer
	for _, format := range []Format{"", "wide"} {
		if err := Print(&out, doc, format, false); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&out, "----")
	}
	golden(t, name, out.Bytes())
}

// TestGoodDrillIsShort: a drill that passed fits on one screen.
func TestGoodDrillIsShort(t *testing.T) {
	var out strings.Builder
	if err := Print(&out, Drill(passed()), "", false); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\n"); lines > 45 {
		t.Errorf("%d lines", lines)
	}
}

func TestDrillShowsReasons(t *testing.T) {
	d := report.Drill{Fault: "leader", Verdict: report.Fail, Reasons: []string{"1 acknowledged writes are lost: k\x1b[31m"}}
	var out bytes.Buffer
	if err := Print(&out, Drill(d), "", false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Verdict:", "fail", "Not met:", `1 acknowledged writes are lost: k^[[31m`, "not shown to be equal"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}

// TestHeadlineClaimsWhatWasObserved: the headline says that all writes are on all members only if they were found on each.
func TestHeadlineClaimsWhatWasObserved(t *testing.T) {
	const struck, felt = "the leader etcd-1 was killed; ", "clients could not write for 1.064s; "
	for name, c := range map[string]struct {
		change func(*report.Drill)
		want   string
	}{
		"all kept": {func(*report.Drill) {}, struck + felt + "all 1,234 acknowledged writes are on all 3 members"},
		"lost":     {func(d *report.Drill) { d.Writes.Lost = 17 }, struck + felt + "17 of 1,234 acknowledged writes are LOST"},
		"marker missing on a member": {
			func(d *report.Drill) { d.Members[2].Marker = false },
			struck + felt + "the drill did not show that the 1,234 acknowledged writes are on all members",
		},
		"a write missing on a member": {
			func(d *report.Drill) { d.Members[2].WritesFound-- },
			struck + felt + "the drill did not show that the 1,234 acknowledged writes are on all members",
		},
		"no members": {
			func(d *report.Drill) { d.Members = nil },
			struck + felt + "the drill did not show that the 1,234 acknowledged writes are on all members",
		},
		"no outage": {
			func(d *report.Drill) { d.LongestWriteGap, d.LongestWriteGapSeconds = "24ms", 0.024 },
			struck + "writes went on (longest pause 24ms); all 1,234 acknowledged writes are on all 3 members",
		},
		"cut off": {
			func(d *report.Drill) { d.Prober.CutOff, d.Prober.CutOffSeconds = "800ms", 0.8 },
			struck + "clients could not write for 1.064s (the probe itself was cut off for 800ms); all 1,234 acknowledged writes are on all 3 members",
		},
		"not linearizable": {
			func(d *report.Drill) { d.Linearizability = "illegal" },
			struck + felt + "all 1,234 acknowledged writes are on all 3 members; clients got IMPOSSIBLE answers (the history is not linearizable)",
		},
		"no clause for the fault": {
			func(d *report.Drill) { d.Struck, d.Targets = "", []string{"etcd-0", "etcd-1"} },
			"fault leader hit etcd-0 and etcd-1; " + felt + "all 1,234 acknowledged writes are on all 3 members",
		},
	} {
		d := passed()
		c.change(&d)
		if diff := cmp.Diff(c.want, DrillHeadline(d)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// twoFaults returns a series of three rounds with two faults.
func twoFaults() report.DrillSeries {
	s := report.DrillSeries{
		Head: report.NewHead("DrillSeries", "shop", "etcd"), Verdict: report.Pass, Reasons: []string{}, Seed: 42, Planned: 3,
		Faults: []report.DrillDistribution{
			{
				Fault: "leader", Rounds: 2, Passed: 2, Acknowledged: 2468, Ambiguous: 100,
				WriteGap: report.Summary{Count: 2, Min: 1.031, P50: 1.031, P90: 1.064, Max: 1.064}, ReadGap: report.Summary{Count: 2, Min: 1.002, P50: 1.002, P90: 1.021, Max: 1.021},
				NewLeader: report.Summary{Count: 2, Min: 0.99, P50: 0.99, P90: 1.019, Max: 1.019}, Healthy: report.Summary{Count: 2, Min: 7.9, P50: 7.9, P90: 8.421, Max: 8.421},
			},
			{
				Fault: "follower", Rounds: 1, Passed: 1, Acknowledged: 1400,
				WriteGap: report.Summary{Count: 1, Min: 0.018, P50: 0.018, P90: 0.018, Max: 0.018}, ReadGap: report.Summary{Count: 1, Min: 0.021, P50: 0.021, P90: 0.021, Max: 0.021}, Healthy: report.Summary{Count: 1, Min: 6, P50: 6, P90: 6, Max: 6},
			},
		},
	}
	for i, fault := range []string{"leader", "follower", "leader"} {
		r := report.DrillRound{
			Round: i + 1, Fault: fault, Targets: []string{"etcd-1"}, Verdict: report.Pass, Reasons: []string{}, Writes: report.Writes{Acknowledged: 1234, Ambiguous: 50},
			Linearizable: true, LongestWriteGapSeconds: 1.031, LongestReadGapSeconds: 1.002, TimeToHealthySeconds: ptr.To(7.9),
		}
		if fault == "leader" {
			r.Elections, r.TimeToNewLeaderSeconds = 1, ptr.To(0.99)
		}
		s.Rounds = append(s.Rounds, r)
	}
	return s
}

func TestSeriesIsPrinted(t *testing.T) {
	failed := twoFaults()
	failed.Verdict, failed.Planned = report.Fail, 20
	failed.Reasons = []string{"round 2 (follower): the watch could not go on: compacted", "17 rounds were not run: a round failed"}
	failed.Rounds[1].Verdict, failed.Rounds[1].Reasons = report.Fail, []string{"the watch could not go on: compacted", "1 acknowledged writes are lost: k"}
	failed.Rounds[1].Writes.Lost, failed.Rounds[1].Linearizable = 1, false
	failed.Faults[1].Passed, failed.Faults[1].Lost = 0, 1
	goldenOf(t, "drillseries-pass.txt", DrillSeries(twoFaults()))
	goldenOf(t, "drillseries-failed.txt", DrillSeries(failed))
}

func TestDrillsForPrograms(t *testing.T) {
	for name, c := range map[string]struct {
		doc    Document
		format Format
		want   string
	}{
		"the name":               {Drill(passed()), "name", "drill/leader\n"},
		"a count":                {Drill(passed()), "jsonpath={.kind} {.verdict} {.writes.lost}", "Drill pass 0\n"},
		"the latencies":          {Drill(passed()), "jsonpath={.latencies[0].p99}", "9.84ms\n"},
		"what was done":          {Drill(passed()), "jsonpath={.struck}", "the leader etcd-1 was killed\n"},
		"names of a series":      {DrillSeries(twoFaults()), "name", "drill/leader\ndrill/follower\n"},
		"a time of a series":     {DrillSeries(twoFaults()), "jsonpath={.faults[0].writeGap.p50Seconds}", "1.031\n"},
		"nothing of no fault":    {DrillSeries(report.DrillSeries{}), "name", ""},
		"a round without a time": {DrillSeries(twoFaults()), "jsonpath={.rounds[1].timeToNewLeaderSeconds}", "\n"},
	} {
		var got strings.Builder
		if err := Print(&got, c.doc, c.format, false); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got.String()); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	for _, doc := range []Document{Drill(passed()), DrillSeries(twoFaults())} {
		for _, format := range []Format{"json", "yaml"} {
			var got strings.Builder
			if err := Print(&got, doc, format, false); err != nil || !strings.Contains(got.String(), "etcd.kubectl.dev/v1") {
				t.Errorf("-o %s: %v:\n%s", format, err, got.String())
			}
		}
	}
}
