package probe

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
)

func clients(t *testing.T, c *etcdtest.Cluster) []Client {
	t.Helper()
	var all []Client
	for _, m := range c.Members {
		all = append(all, Client{Member: m.Name, Etcd: etcdtest.Client(t, m.Endpoint)})
	}
	return all
}

// begun returns a probe of the cluster with an open watch.
func startProbe(t *testing.T, c *etcdtest.Cluster, own ...Client) *Probe {
	t.Helper()
	var endpoints []string
	for _, m := range c.Members {
		endpoints = append(endpoints, m.Endpoint)
	}
	p := &Probe{Clients: own, Watcher: etcdtest.Client(t, endpoints...), Prefix: "p/", Rate: 200}
	lease, err := p.Watcher.Grant(t.Context(), 600)
	if err != nil {
		t.Fatal(err)
	}
	p.Lease = lease.ID
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestProbe: while one member hangs and the leader's connection ends, the probe keeps its rate, and the watch delivers
// every change once.
func TestProbe(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	own := clients(t, c)
	own[2].Etcd = etcdtest.Client(t, etcdtest.Silent(t))
	p := startProbe(t, c, own...)
	probing, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ended := make(chan time.Duration, 1)
	go func() {
		for acknowledged := 0; probing.Err() == nil && (p.Elapsed() < 3*time.Second || acknowledged < 200); acknowledged, _, _ = p.Counts() {
			time.Sleep(100 * time.Millisecond) // a loaded machine takes longer to acknowledge enough
		}
		stop()
		ended <- p.Elapsed()
	}()
	p.Run(probing)
	lasted := <-ended
	var r history.Record
	finishing, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	p.Finish(finishing, &r)

	counts := map[history.Kind]int{}
	delivered := map[string]int{}
	for _, e := range r.Events {
		delivered[e.Key+"="+e.Value]++
	}
	written, perhaps := 0, 0 // a write that times out on a loaded machine may have been applied
	for _, o := range r.Operations {
		if o.MayHaveWritten() {
			perhaps++
		}
		if o.Class == history.Acknowledged {
			counts[o.Kind]++
		}
		if took := o.Returned - o.Called; took > 2*deadline {
			t.Errorf("%s took %s with a deadline of %s", o.Kind, took, deadline)
		}
		if o.Member == own[2].Member && (o.Class != history.Failed || o.Error == "") {
			t.Errorf("by a member that hangs: %+v", o)
		}
		if o.Wrote() {
			written++
			if delivered[o.Key+"="+o.Value] != 1 || o.Revision == 0 {
				t.Errorf("the watch told %+v %d times", o, delivered[o.Key+"="+o.Value])
			}
		}
	}
	if due := int(lasted.Seconds() * float64(p.Rate)); len(r.Operations) < due*5/6 || len(r.Operations) > due+10 {
		t.Errorf("%d operations in %s at %d/s: the probe does not keep its rate", len(r.Operations), lasted, p.Rate)
	}
	for _, k := range history.Kinds() {
		if counts[k] < 10 {
			t.Errorf("%d of %s were acknowledged", counts[k], k)
		}
	}
	if len(r.Events) < written || len(r.Events) > perhaps || r.Watch.From == 0 || r.Watch.To < r.Watch.From || r.Watch.Lost != "" {
		t.Errorf("%d changes told, %d made, %+v", len(r.Events), written, r.Watch)
	}
	if acknowledged, ambiguous, failed := p.Counts(); acknowledged+ambiguous+failed != len(r.Operations) {
		t.Errorf("counted %d, %d, %d", acknowledged, ambiguous, failed)
	}
}

// TestWatchGoesOn: after the member that serves the watch ends, the watch is reopened after the last revision that it
// delivered.
func TestWatchGoesOn(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	p := startProbe(t, c, clients(t, c)...)
	probing, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(probing) }()
	for _, m := range c.Members { // each member is stopped once, so the one with the watch is too
		time.Sleep(300 * time.Millisecond)
		m.Stop()
		time.Sleep(300 * time.Millisecond)
		m.Restart(t)
	}
	stop()
	<-done
	finishing, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var r history.Record
	p.Finish(finishing, &r)
	delivered := map[int64]bool{}
	last := int64(0)
	for _, e := range r.Events {
		if delivered[e.Revision] || e.Revision < last {
			t.Errorf("revision %d came again, or late", e.Revision)
		}
		delivered[e.Revision], last = true, e.Revision
	}
	for _, o := range r.Operations {
		if o.Wrote() && !delivered[o.Revision] {
			t.Errorf("the watch missed %+v", o)
		}
	}
	if r.Watch.Lost != "" {
		t.Error(r.Watch.Lost)
	}
}

func TestAWriteWithoutQuorumIsAmbiguous(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	p := startProbe(t, c, clients(t, c)[:1]...)
	_ = p.send(t.Context(), history.Operation{Kind: history.Write, Key: "p/first", Value: "v"}) // to establish the connection
	c.Members[1].Stop()
	c.Members[2].Stop()
	for _, kind := range []history.Kind{history.Write, history.CompareAndSwap, history.Read, history.LocalRead} {
		_ = p.send(t.Context(), history.Operation{Kind: kind, Key: "p/" + string(kind), Value: "v"})
	}
	var classes []history.Class
	for _, o := range p.operations[1:] {
		classes = append(classes, o.Class)
		if (o.Class == history.Acknowledged) != (o.Error == "") || o.Cut {
			t.Errorf("%+v", o)
		}
	}
	// A serializable read needs no quorum.
	if want := []history.Class{history.Ambiguous, history.Ambiguous, history.Failed, history.Acknowledged}; !slices.Equal(classes, want) {
		t.Errorf("%v, want %v", classes, want)
	}
	ending, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	p.Finish(ending, &history.Record{})
}

// TestFinishWithoutTheLease: a cluster that has lost its data has lost the lease too. The probe does not wait for a write that
// cannot succeed, and the watch is incomplete.
func TestFinishWithoutTheLease(t *testing.T) {
	c := etcdtest.Start(t, 1, nil)
	p := startProbe(t, c, clients(t, c)...)
	if _, err := p.Watcher.Revoke(t.Context(), p.Lease); err != nil {
		t.Fatal(err)
	}
	finishing, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var r history.Record
	p.Finish(finishing, &r)
	if finishing.Err() != nil {
		t.Error("the probe waited until the end")
	}
	if last := r.Operations[len(r.Operations)-1]; last.Class != history.Failed || !strings.Contains(last.Error, "lease not found") || r.Watch.Lost == "" {
		t.Errorf("%+v, %+v", last, r.Watch)
	}
}

// TestRegisterGenerations: no register is used indefinitely.
func TestRegisterGenerations(t *testing.T) {
	p := &Probe{Clients: make([]Client, 3), Prefix: "p/"}
	uses := map[string]int{}
	kinds := map[history.Kind]int{}
	for n := range 10 * generation {
		o := p.next(n)
		kinds[o.Kind]++
		if o.Kind != history.Write {
			uses[o.Key]++
		}
	}
	for key, n := range uses {
		if n > generation/2 {
			t.Errorf("register %s is used %d times", key, n)
		}
	}
	if len(uses) != 10*registers {
		t.Errorf("%d registers, want %d", len(uses), 10*registers)
	}
	for kind, tenths := range map[history.Kind]int{history.Write: 4, history.CompareAndSwap: 2, history.Read: 3, history.LocalRead: 1} {
		if n := kinds[kind]; n < tenths*generation-10 || n > tenths*generation+10 {
			t.Errorf("%d of %s, want %d tenths of %d", n, kind, tenths, 10*generation)
		}
	}
}
