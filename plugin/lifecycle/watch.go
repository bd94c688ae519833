package lifecycle

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// findLimit is how long one look of a watch may take to find the cluster, so that an API server that does not answer is
// said, and asked again.
const findLimit = 10 * time.Second

// Watch looks at a cluster again and again, and has each state shown, until ctx ends, which is no error. Where a look
// fails it has that shown and tries again; only what fails at first is likely to be a mistake, and ends it.
func (e Env) Watch(ctx context.Context, every time.Duration, show func(report.Status, error) error) error {
	w := &watcher{Env: e}
	defer w.close()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for first := true; ; first = false {
		status, err := w.look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && first:
			return err
		}
		if err := show(status, err); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// watcher keeps the connections to the members from look to look.
type watcher struct {
	Env
	view *View // nil before the first look, and after one that failed
}

// look begins anew after one that failed: connections over an API server that was lost are lost too, and would be said
// to be the members' fault for as long as gRPC waits before it dials again.
func (w *watcher) look(ctx context.Context) (report.Status, error) {
	err := w.refresh(ctx)
	if err == nil {
		err = w.ask(ctx, w.view)
	}
	if err != nil {
		w.close()
		return report.Status{}, err
	}
	return w.view.Status, nil
}

// refresh finds the cluster as it is now, or says that the API server does not answer.
func (w *watcher) refresh(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, findLimit)
	defer cancel()
	err := w.reopen(limited)
	if err != nil && limited.Err() != nil {
		return fmt.Errorf("the API server does not answer within %s", findLimit)
	}
	return err
}

// reopen finds the cluster. The connections stay open unless one leads to a pod that is another now.
func (w *watcher) reopen(ctx context.Context) error {
	c, err := w.Find(ctx)
	if err != nil {
		return err
	}
	w.Env = w.Of(c) // another cluster in the namespace does not make it ambiguous from now on
	if w.view != nil && samePlaces(w.view.Cluster.Members, c.Members) {
		w.view.Cluster = c
		return w.view.handle()
	}
	w.close()
	w.view, err = w.open(ctx, c)
	return err
}

func (w *watcher) close() {
	if w.view != nil {
		w.view.Close()
		w.view = nil
	}
}

// samePlaces reports whether the members are in the same pods as before, and serve as before.
func samePlaces(before, now []cluster.Member) bool {
	if len(before) != len(now) {
		return false
	}
	for i, m := range now {
		if m.PodName != before[i].PodName || m.UID() != before[i].UID() || !reflect.DeepEqual(m.Server, before[i].Server) {
			return false
		}
	}
	return true
}
