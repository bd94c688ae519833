// Package probe puts a steady load on etcd and records the outcome of each operation.
package probe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
)

const (
	// deadline is the timeout of each operation. A proposal that a follower forwards to a dead leader hangs for
	// seconds; with a longer deadline the probe would measure its own deadline.
	deadline = 400 * time.Millisecond
	// registers is how many are used at a time. Each is used for generation operations of the probe: the search for a
	// linearization takes ever longer with the length of a register's history.
	registers  = 5
	generation = 5000
)

// Client is an etcd client with its own connection to one member.
type Client struct {
	Member string
	Etcd   *clientv3.Client
}

// Probe sends operations at a steady rate, whatever the answers are (an open loop), and uses the clients in turn. A
// probe that waits for answers, or that switches to members that answer, hides an outage.
type Probe struct {
	Clients []Client
	Watcher *clientv3.Client // connects to all members, as an application does
	Prefix  string
	Lease   clientv3.LeaseID
	Rate    int // operations per second

	begin      time.Time
	mu         sync.Mutex
	operations []history.Operation
	counts     [3]int // by class
	served     map[service]bool
	known      map[string]int64
	watch      watcher
}

// mix returns the kind of each client's n-th operation. Clients start at different positions: if all sent the same kind
// at once, a low rate would look like a gap.
func mix(n int) history.Kind {
	return []history.Kind{
		history.Write, history.CompareAndSwap, history.Read, history.Write, history.LocalRead,
		history.CompareAndSwap, history.Write, history.Read, history.Write, history.Read,
	}[n%10]
}

// Start opens the watch. It reads the first revision before that, so that the watch misses nothing that follows.
func (p *Probe) Start(ctx context.Context) error {
	p.known, p.served = map[string]int64{}, map[service]bool{}
	p.begin = time.Now()
	return p.watch.start(ctx, p)
}

// Elapsed returns the time since Start.
func (p *Probe) Elapsed() time.Duration { return time.Since(p.begin) }

// Run sends operations until ctx ends, and returns after all of them have ended.
func (p *Probe) Run(ctx context.Context) {
	interval := time.Second / time.Duration(p.Rate)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var sent sync.WaitGroup
	defer sent.Wait()
	started := p.Elapsed()
	for n := 0; ; n++ {
		due := started + time.Duration(n)*interval
		timer.Reset(due - p.Elapsed())
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		o := p.next(n)
		o.Due = due
		// The end of the drill must not cancel an operation: it would be ambiguous for a reason that is not etcd's.
		sent.Go(func() { _ = p.send(context.WithoutCancel(ctx), o) }) // the record has the error
	}
}

// next returns the n-th operation.
func (p *Probe) next(n int) history.Operation {
	client := n % len(p.Clients)
	o := history.Operation{Kind: mix(n/len(p.Clients) + 3*client), Client: client, Member: p.Clients[client].Member, Value: fmt.Sprint(n)}
	if o.Kind == history.Write {
		o.Key = fmt.Sprintf("%sw%08d", p.Prefix, n)
		return o
	}
	o.Key = fmt.Sprintf("%sr%d-%d", p.Prefix, n/generation, (n/len(p.Clients)+client)%registers)
	if o.Kind != history.CompareAndSwap {
		o.Value = ""
	}
	return o
}

// send executes one operation, records it, and returns its error.
func (p *Probe) send(ctx context.Context, o history.Operation) error {
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	if o.Kind == history.CompareAndSwap {
		o.From = p.revision(o.Key)
	}
	o.Called = p.Elapsed()
	err := p.do(ctx, &o)
	o.Returned = p.Elapsed()
	switch {
	case err == nil:
	case o.Kind.Writes() && etcd.Ambiguous(err):
		o.Class = history.Ambiguous
	default:
		o.Class = history.Failed
	}
	if err != nil {
		o.Error, o.Cut = etcd.Explain(err).Error(), etcd.IsUnavailable(err)
	}
	p.record(o)
	return err
}

func (p *Probe) do(ctx context.Context, o *history.Operation) error {
	client := etcd.Probe{Client: p.Clients[o.Client].Etcd, Lease: p.Lease}
	var found etcd.Found
	var err error
	switch o.Kind {
	case history.Write:
		o.Revision, err = client.Put(ctx, o.Key, o.Value)
		return err
	case history.CompareAndSwap:
		o.Swapped, found, err = client.Swap(ctx, o.Key, o.From, o.Value)
	default:
		found, err = client.Read(ctx, o.Key, o.Kind == history.LocalRead)
	}
	o.Revision = found.Revision
	if !o.Swapped {
		o.Seen = found.Value
	}
	return err
}

// revision returns the newest known revision of a register.
func (p *Probe) revision(key string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[key]
}

func (p *Probe) record(o history.Operation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if o.Kind != history.Write {
		p.known[o.Key] = max(p.known[o.Key], o.Revision)
	}
	p.operations = append(p.operations, o)
	p.counts[o.Class]++
	if o.Class == history.Acknowledged {
		p.served[service{o.Client, o.Kind}] = true
	}
}

// service is a client and a kind of operation, of which one was acknowledged.
type service struct {
	client int
	kind   history.Kind
}

// Serving reports whether every client has had an operation of every kind acknowledged.
func (p *Probe) Serving() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.served) == len(p.Clients)*len(history.Kinds())
}

// Counts returns how many operations have ended so far, by class.
func (p *Probe) Counts() (acknowledged, ambiguous, failed int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[history.Acknowledged], p.counts[history.Ambiguous], p.counts[history.Failed]
}

// Finish is called once, after Run has returned. It writes one more key, waits until the watch has delivered that or
// ctx ends, and copies everything that was recorded into r.
func (p *Probe) Finish(ctx context.Context, r *history.Record) {
	p.watch.finish(ctx, p.writeLast(ctx))
	p.mu.Lock()
	defer p.mu.Unlock()
	r.Operations = p.operations
	r.Events, r.Watch = p.watch.events, p.watch.state
}

// writeLast writes one more key through any member, and returns its revision. When the watch has delivered that
// revision it has delivered all before. It returns 0 if ctx ends first, or if the lease of the keys is gone: then no write
// can succeed, and a cluster that has lost its data has lost the lease too.
func (p *Probe) writeLast(ctx context.Context) int64 {
	for n := 0; ctx.Err() == nil; n++ {
		client := n % len(p.Clients)
		err := p.send(ctx, history.Operation{
			Kind: history.Write, Client: client, Member: p.Clients[client].Member,
			Key: fmt.Sprintf("%send%d", p.Prefix, n), Value: "end", Due: p.Elapsed(),
		})
		if err == nil {
			return p.operations[len(p.operations)-1].Revision
		}
		if errors.Is(err, rpctypes.ErrLeaseNotFound) {
			return 0
		}
		select {
		case <-ctx.Done():
		case <-time.After(watchPause):
		}
	}
	return 0
}
