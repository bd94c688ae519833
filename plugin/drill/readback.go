package drill

import (
	"context"
	"fmt"
	"sync"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// readBack records what every member holds now that the probe has stopped. What cannot be had is recorded as such:
// only the end of the drill itself is an error.
func (r *run) readBack(ctx context.Context) error {
	r.env.Progress.Step("Reading every acknowledged write back from each member")
	limited, cancel := context.WithTimeout(ctx, readbackLimit)
	defer cancel()
	revision, err := etcd.Revision(limited, r.client)
	if err != nil {
		r.evidence.Notes = append(r.evidence.Notes, "the newest revision could not be read: "+err.Error())
	} else {
		r.evidence.HashRevision = revision
		r.evidence.Stores = r.stores(limited, revision)
		r.evidence.Hashes = etcd.Hashes(ctx, r.view.Members, revision, readbackLimit)
	}
	after, err := r.env.Look(ctx, r.view.Cluster.Name)
	if err != nil {
		return fmt.Errorf("look at the cluster after the drill: %w", err)
	}
	defer after.Close()
	r.evidence.After, r.evidence.PodsAfter = after.Status, pods(after)
	return context.Cause(ctx)
}

// stores reads the drill's keys from each member's own store, once that has reached the revision.
func (r *run) stores(ctx context.Context, revision int64) map[string]Store {
	stores := map[string]Store{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, m := range r.view.Members {
		wg.Go(func() {
			store := Store{Keys: map[string]string{}}
			err := m.CaughtUp(ctx, revision)
			if err == nil {
				_, err = etcd.List(ctx, m.Client, etcd.Read{Key: r.prefix, Prefix: true, Own: true, Rev: revision}, store.add)
			}
			if err != nil {
				store.Error = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			stores[m.Name] = store
		})
	}
	wg.Wait()
	return stores
}

func (s Store) add(_ int64, items []report.KeyValue) error {
	for _, kv := range items {
		s.Keys[kv.Key] = *kv.Value // the probe's own keys and values are text
	}
	return nil
}
