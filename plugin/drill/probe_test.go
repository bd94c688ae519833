package drill

import (
	"context"
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func handles(t *testing.T, c *etcdtest.Cluster) []etcd.Member {
	t.Helper()
	var members []etcd.Member
	for _, m := range c.Members {
		members = append(members, etcd.Member{Name: m.Name, Client: etcdtest.Client(t, m.Endpoint)})
	}
	return members
}

// TestProbe has one member hang: the probe must go on at its rate, and find what the others acknowledged.
func TestProbe(t *testing.T) {
	members := handles(t, etcdtest.Start(t, 3, nil))
	members[2].Client = etcdtest.Client(t, etcdtest.Silent(t))
	lease, err := members[0].Client.Grant(t.Context(), 60)
	if err != nil {
		t.Fatal(err)
	}
	p := &probe{members: members, prefix: "p/", lease: lease.ID, rate: 100, begin: time.Now()}
	probing, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	p.run(probing)

	var by [3]int
	for _, w := range p.writes {
		by[w.Class]++
		if took := w.Returned - w.Sent; took > 2*probeDeadline {
			t.Errorf("a write took %s with a deadline of %s", took, probeDeadline)
		}
	}
	if by[Acknowledged] < 80 || by[Failed] < 40 {
		t.Errorf("%s; want two thirds acknowledged, and a third that found no connection", p.counts())
	}
	if len(p.writes) < 150 || len(p.writes) > 210 {
		t.Errorf("%d writes in two seconds at 100/s: the probe does not keep its rate", len(p.writes))
	}

	r := &run{prefix: "p/", view: &lifecycle.View{Members: members[:2]}}
	revision, err := etcd.Revision(t.Context(), members[0].Client)
	if err != nil {
		t.Fatal(err)
	}
	e := Evidence{Writes: p.writes, Stores: r.stores(t.Context(), revision), Before: report.Status{Members: rows(2)}}
	if w := count(e); w.Lost != 0 || w.Acknowledged != by[Acknowledged] {
		t.Errorf("%+v", w)
	}
	for name, s := range e.Stores {
		if s.Error != "" || len(s.Keys) < by[Acknowledged] {
			t.Errorf("store of %s: %d keys, error %q; %d were acknowledged", name, len(s.Keys), s.Error, by[Acknowledged])
		}
	}
}

func TestAWriteWithoutQuorumIsAmbiguous(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	p := &probe{members: handles(t, c), prefix: "p/", begin: time.Now()}
	if err := p.members[0].Put(t.Context(), "k", "v", 0); err != nil { // the connection stands
		t.Fatal(err)
	}
	c.Members[1].Stop()
	c.Members[2].Stop()
	p.write(t.Context(), p.members[0], 0, 0)
	if w := p.writes[0]; w.Class != Ambiguous || w.Error == "" {
		t.Errorf("%+v", w)
	}
}
