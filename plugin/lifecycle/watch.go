package lifecycle

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// findLimit is how long a watch may take to find the cluster once. After it, the watch shows that the API server does not
// answer, and tries again.
const findLimit = 10 * time.Second

// Watch reads the cluster's status at the interval every and calls show with it, until ctx ends, which is no error. If reading
// fails, it calls show with the error and tries again. Only an error of the first read ends it, because that is likely to be
// a mistake of the user. An error of show ends it too.
func (e Env) Watch(ctx context.Context, every time.Duration, show func(report.Status, error) error) error {
	w := &watcher{Env: e}
	defer w.close()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for first := true; ; first = false {
		status, err := w.observe(ctx)
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

// watcher keeps the connections to the members from one status to the next.
type watcher struct {
	Env
	view *View // nil at first, and after an error
}

// observe returns the cluster's status. After an error it closes the connections, which the next call opens again: if the API
// server was lost, the connections through it are lost too, and the members would appear to be at fault until gRPC dials
// again.
func (w *watcher) observe(ctx context.Context) (report.Status, error) {
	err := w.refresh(ctx)
	if err == nil {
		err = w.readStatus(ctx, w.view)
	}
	if err != nil {
		w.close()
		return report.Status{}, err
	}
	return w.view.Status, nil
}

// refresh finds the cluster as it is now. It returns an error if the API server does not answer within findLimit.
func (w *watcher) refresh(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, findLimit)
	defer cancel()
	err := w.reopen(limited)
	if err != nil && limited.Err() != nil {
		return fmt.Errorf("the API server does not answer within %s", findLimit)
	}
	return err
}

// reopen finds the cluster. It opens the connections again if a pod has been replaced, or a member serves differently.
func (w *watcher) reopen(ctx context.Context) error {
	c, err := w.Find(ctx)
	if err != nil {
		return err
	}
	w.Env = w.WithCluster(c) // from now on another cluster in the namespace does not make it ambiguous
	if w.view != nil && samePods(w.view.Cluster.Members, c.Members) {
		w.view.Cluster = c
		return w.view.makeMembers()
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

// samePods reports whether the members are in the same pods as before, with the same server settings.
func samePods(before, now []cluster.Member) bool {
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
