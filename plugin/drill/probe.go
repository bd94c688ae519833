package drill

import (
	"context"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
)

// probeDeadline is each write's own. A proposal that a follower forwards to a dead leader hangs for seconds; a longer
// deadline would measure itself.
const probeDeadline = 400 * time.Millisecond

// probe writes at a steady rate whatever comes back (an open loop), to each member in turn through that member's own
// client: a probe that waits for its answers, or that goes where it is served, hides an outage.
type probe struct {
	members []etcd.Member
	prefix  string
	lease   clientv3.LeaseID
	rate    int

	begin  time.Time
	mu     sync.Mutex
	writes []Write
}

// run writes until ctx ends and all that was sent has come back.
func (p *probe) run(ctx context.Context) {
	interval := time.Second / time.Duration(p.rate)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var sent sync.WaitGroup
	defer sent.Wait()
	for n := 0; ; n++ {
		due := time.Duration(n) * interval
		timer.Reset(due - time.Since(p.begin))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		m := p.members[n%len(p.members)]
		// The end of the drill must not end a write: it would be ambiguous for no reason of etcd's.
		sent.Go(func() { p.write(context.WithoutCancel(ctx), m, n, due) })
	}
}

func (p *probe) write(ctx context.Context, m etcd.Member, n int, due time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, probeDeadline)
	defer cancel()
	w := Write{Key: fmt.Sprintf("%s%08d", p.prefix, n), Value: fmt.Sprint(n), Member: m.Name, Due: due, Sent: time.Since(p.begin)}
	err := m.Put(ctx, w.Key, w.Value, p.lease)
	w.Returned = time.Since(p.begin)
	switch {
	case etcd.Ambiguous(err):
		w.Class, w.Error = Ambiguous, etcd.Explain(err).Error()
	case err != nil:
		w.Class, w.Error = Failed, etcd.Explain(err).Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writes = append(p.writes, w)
}

// counts tells how the writes so far fared.
func (p *probe) counts() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var by [3]int
	for _, w := range p.writes {
		by[w.Class]++
	}
	return fmt.Sprintf("%d acknowledged, %d ambiguous, %d failed", by[Acknowledged], by[Ambiguous], by[Failed])
}
