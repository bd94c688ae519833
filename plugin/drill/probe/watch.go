package probe

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
)

// watchPause is the wait before an ended watch is reopened.
const watchPause = 100 * time.Millisecond

// watcher is a watch as a careful application uses it: clientv3's watch, reopened after the last delivered revision
// when it ends.
type watcher struct {
	events    []history.Event
	state     history.Watch
	delivered atomic.Int64 // state.To, readable while the watch runs

	done chan struct{}
	end  context.CancelFunc
}

// start reads the current revision and opens the watch after it.
func (w *watcher) start(ctx context.Context, p *Probe) error {
	revision, err := etcd.Revision(ctx, p.Watcher)
	if err != nil {
		return fmt.Errorf("read the revision to watch from: %w", err)
	}
	w.state.From = revision + 1
	w.done = make(chan struct{})
	ctx, w.end = context.WithCancel(ctx)
	go func() {
		defer close(w.done)
		w.run(ctx, p)
	}()
	return nil
}

func (w *watcher) run(ctx context.Context, p *Probe) {
	next := w.state.From
	for ctx.Err() == nil {
		// With WithRequireLeader, a member that has lost its leader ends the watch, instead of staying silent forever.
		opened, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
		for resp := range p.Watcher.Watch(opened, p.Prefix, clientv3.WithPrefix(), clientv3.WithRev(next), clientv3.WithProgressNotify()) {
			if resp.CompactRevision > 0 {
				w.state.Lost = fmt.Sprintf("revisions %d to %d were compacted before the watch delivered them", next, resp.CompactRevision-1)
				next = resp.CompactRevision
			}
			w.take(p.Elapsed(), resp)
			next = max(next, w.state.To+1)
		}
		cancel()
		select {
		case <-ctx.Done():
		case <-time.After(watchPause):
			w.state.Again++
		}
	}
}

// take records a response.
func (w *watcher) take(at time.Duration, resp clientv3.WatchResponse) {
	for _, e := range resp.Events {
		w.events = append(w.events, history.Event{
			Key: string(e.Kv.Key), Value: string(e.Kv.Value), Revision: e.Kv.ModRevision, Deleted: e.Type == clientv3.EventTypeDelete, At: at,
		})
		w.state.To = max(w.state.To, e.Kv.ModRevision)
	}
	if resp.IsProgressNotify() {
		w.state.To = max(w.state.To, resp.Header.Revision)
	}
	w.delivered.Store(w.state.To)
}

// finish waits until the watch has delivered everything up to revision, or ctx ends, and closes it.
func (w *watcher) finish(ctx context.Context, revision int64) {
	tick := time.NewTicker(watchPause / 10)
	defer tick.Stop()
	for w.delivered.Load() < revision && ctx.Err() == nil {
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	w.end()
	<-w.done
	if w.state.Lost == "" && (revision == 0 || w.state.To < revision) {
		w.state.Lost = fmt.Sprintf("the watch had delivered changes up to revision %d when the wait for the last change ended", w.state.To)
	}
}
