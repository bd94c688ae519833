//go:build e2e

package test

import (
	"os"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// partition partitions the leader from its peers while a drill observes, in both directions or so that it receives nothing,
// until status names it. The others must elect another leader, and no acknowledged write may be lost.
func (d drilled) partition(direction string) {
	if foreign := d.foreignNode(d.t); foreign != nil {
		if os.Getenv(kubeconfigVariable) == "" {
			d.t.Fatal(foreign)
		}
		d.t.Logf("no partition: %v", foreign)
		return
	}
	leader, places := d.status(d.t, d.kubeconfig).Leader, d.places(d.t, d.namespace)
	var pairs []string
	for name, peer := range places {
		if name == leader {
			continue
		}
		pairs = append(pairs, peer.Address+" "+places[leader].Address)
		if direction == "both ways" {
			pairs = append(pairs, places[leader].Address+" "+peer.Address)
		}
	}
	o := d.observe(func(said *progress) {
		heal := cut(d.t, places[leader].Node, 20*time.Second, pairs) // longer than both waits below: heal ends it before
		// Not asked before, because a status takes three seconds meanwhile, and the longer the partition, the later the kernel
		// sends the lost packets again.
		for begun := time.Now(); !said.has(" leads, term ") && time.Since(begun) < 6*time.Second; {
			time.Sleep(20 * time.Millisecond)
		}
		d.seesCutOff(leader)
		heal()
	})
	if o.status != 0 || o.Verdict != report.Pass || o.Writes.Lost != 0 || o.LeaderAfter == leader || o.TermAfter <= o.TermBefore {
		d.t.Errorf("partition %s: %s led; exit status %d, %+v\n%s", direction, leader, o.status, o.Drill, o.stderr)
	}
	d.t.Logf("partition %s: longest write gap %s, read gap %s; %d writes acknowledged, %d lost; %s led, then %s\n%s",
		direction, o.LongestWriteGap, o.LongestReadGap, o.Writes.Acknowledged, o.Writes.Lost, leader, o.LeaderAfter, o.stderr)
}

// seesCutOff waits until status shows another leader, and names the partitioned member.
func (d drilled) seesCutOff(member string) {
	d.t.Helper()
	var status report.Status
	for deadline := time.Now().Add(6 * time.Second); time.Now().Before(deadline); {
		status = d.status(d.t, d.kubeconfig)
		m, _ := status.Member(member)
		for _, w := range status.Warnings {
			if status.Leader != member && !m.Healthy && m.RaftTerm < status.Term && strings.Contains(w.Message, member) && strings.Contains(w.Message, "cut off") {
				d.t.Logf("%s: %s; %s", member, m.Reason, w.Message)
				return
			}
		}
	}
	d.t.Errorf("%s is cut off, and status says %+v", member, status)
}
