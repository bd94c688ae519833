package drill

import (
	"context"
	"fmt"
	"sync"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// readBack records what every member holds after the probe has stopped. What cannot be read is recorded as missing: it
// returns an error only if the cluster cannot be resolved or ctx ended.
func (r *run) readBack(ctx context.Context) error {
	r.env.Progress.Step("Reading every acknowledged write back from each member")
	// The current members: one may have been replaced.
	after, err := r.env.View(ctx)
	if err != nil {
		return fmt.Errorf("read the state of the cluster after the drill: %w", err)
	}
	defer after.Close()
	r.record.After, r.record.PodsAfter = after.Status, pods(after)

	limited, cancel := context.WithTimeout(ctx, readbackLimit)
	defer cancel()
	revision, err := etcd.Revision(limited, r.client)
	if err != nil {
		r.record.Notes = append(r.record.Notes, "the latest revision could not be read: "+err.Error())
		return context.Cause(ctx)
	}
	r.record.Revision = revision
	r.record.Stores = stores(limited, after, r.prefix, revision)
	r.record.Hashes = etcd.Hashes(ctx, after.Members, revision, readbackLimit)
	return context.Cause(ctx)
}

// stores reads the drill's keys from each member's own store, once its applied index has reached the revision.
func stores(ctx context.Context, v *lifecycle.View, prefix string, revision int64) map[string]history.Store {
	all := map[string]history.Store{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, m := range v.Members {
		wg.Go(func() {
			store := history.Store{Keys: map[string]history.Value{}}
			if err := read(ctx, m, prefix, revision, store.Keys); err != nil {
				store.Error = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			all[m.Name] = store
		})
	}
	wg.Wait()
	return all
}

func read(ctx context.Context, m etcd.Member, prefix string, revision int64, into map[string]history.Value) error {
	if m.Client == nil {
		return fmt.Errorf("no request could be sent to it: %s", m.PodProblem)
	}
	if err := m.WaitForRevision(ctx, revision); err != nil {
		return err
	}
	_, err := etcd.List(ctx, m.Client, etcd.Read{Key: prefix, Prefix: true, Serializable: true, Rev: revision}, func(_ int64, items []report.KeyValue) error {
		for _, kv := range items {
			into[kv.Key] = history.Value{Value: *kv.Value, Revision: kv.ModRevision} // the probe's values are text
		}
		return nil
	})
	return err
}
