//go:build e2e

package test

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

const partitionNamespace = "e2e-drill-partition"

// TestDrillPartition partitions the leader from its peers while a drill observes, in both directions and in one. The others
// must elect another leader, no acknowledged write may be lost, and status must name the partitioned member.
func TestDrillPartition(t *testing.T) {
	s := open(t)
	s.needNodes(t)
	kubeconfig := s.up(t, partitionNamespace)
	for _, test := range []struct {
		name  string
		pairs func(leader, peer string) []string
	}{
		{"both ways", func(leader, peer string) []string { return []string{leader + " " + peer, peer + " " + leader} }},
		{"hears nothing", func(leader, peer string) []string { return []string{peer + " " + leader} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			leader, places := s.status(t, kubeconfig).Leader, s.places(t, partitionNamespace)
			var pairs []string
			for name, peer := range places {
				if name != leader {
					pairs = append(pairs, test.pairs(places[leader].Address, peer.Address)...)
				}
			}
			d := s.observe(t, kubeconfig, func() {
				cut(t, places[leader].Node, 8*time.Second, pairs)
				s.seesCutOff(t, kubeconfig, leader)
			})
			if d.Verdict != report.Pass || d.Writes.Lost != 0 || d.LeaderAfter == leader || d.TermAfter <= d.TermBefore {
				t.Errorf("%s led; %+v", leader, d)
			}
			t.Logf("longest write gap %s, read gap %s; %d writes acknowledged, %d lost; %s led, then %s",
				d.LongestWriteGap, d.LongestReadGap, d.Writes.Acknowledged, d.Writes.Lost, leader, d.LeaderAfter)
			for _, e := range d.Timeline {
				t.Logf("%+v", e)
			}
		})
	}
}

// observe runs the drill "observe", does the damage once it observes, and returns the verdict.
func (s sandbox) observe(t *testing.T, kubeconfig string, damage func()) report.Drill {
	t.Helper()
	cmd := s.plugin(t, kubeconfig, "drill", "observe", "--for", "12s", "-o", "json")
	var progress strings.Builder
	looks := make(chan struct{})
	cmd.Stderr = io.MultiWriter(&progress, &awaited{text: "observing for", seen: looks})
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-looks:
	case err := <-ended:
		t.Fatalf("%v\n%s", err, progress.String())
	}
	damage()
	err := <-ended
	var d report.Drill
	if json.Unmarshal([]byte(out.String()), &d) != nil {
		t.Fatalf("%v\n%s\n%s", err, out.String(), progress.String())
	}
	if err != nil {
		t.Errorf("%v\n%s", err, progress.String())
	}
	return d
}

// awaited is a writer that closes seen once a text was written to it.
type awaited struct {
	text string
	seen chan struct{}
	got  strings.Builder
	told bool
}

func (a *awaited) Write(p []byte) (int, error) {
	a.got.Write(p)
	if !a.told && strings.Contains(a.got.String(), a.text) {
		a.told = true
		close(a.seen)
	}
	return len(p), nil
}

// seesCutOff waits until status shows another leader, and names the partitioned member.
func (s sandbox) seesCutOff(t *testing.T, kubeconfig, member string) {
	t.Helper()
	var status report.Status
	for deadline := time.Now().Add(6 * time.Second); time.Now().Before(deadline); {
		status = s.status(t, kubeconfig)
		m, _ := status.Member(member)
		for _, w := range status.Warnings {
			if status.Leader != member && !m.Healthy && m.RaftTerm < status.Term && strings.Contains(w.Message, member) && strings.Contains(w.Message, "cut off") {
				t.Logf("%s: %s; %s", member, m.Reason, w.Message)
				return
			}
		}
	}
	t.Errorf("%s is cut off, and status says %+v", member, status)
}
