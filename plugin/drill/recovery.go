package drill

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
)

// notReady returns why the members are not as they were when the targets were chosen, or "". final means that waiting
// cannot help.
func (o *observer) notReady() (why string, final bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if last := o.leaderTerms[len(o.leaderTerms)-1]; last.Term != o.before.Term {
		return fmt.Sprintf("%s was elected in term %d before the fault", last.Leader, last.Term), true
	}
	for _, m := range o.members {
		if h := o.health[m.Name]; !h.value.Healthy || time.Since(h.at) > 2*requestLimit {
			return fmt.Sprintf("member %q was not healthy before the fault: %s", m.Name, cmp.Or(h.value.Error, "it did not answer")), false
		}
	}
	return "", false
}

// awaitRecovery waits until the changes in expect have been observed and every member is healthy and names the same
// leader, or until limit. Reaching the limit is no error: the verdict reports a cluster that did not recover.
func (o *observer) awaitRecovery(ctx context.Context, limit time.Duration, expect history.Expectation) error {
	o.mu.Lock()
	o.since = time.Now()
	o.mu.Unlock()
	end := time.After(limit)
	tick := time.NewTicker(leaderEvery)
	defer tick.Stop()
	for !o.recovered(expect) {
		select {
		case <-tick.C:
			o.showLive()
		case <-end:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	healthy := o.clock.Elapsed()
	o.healthy = &healthy
	o.event(healthy, "every member is healthy")
	return nil
}

func (o *observer) recovered(expect history.Expectation) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if expect.NewLeader && len(o.leaderTerms) < 2 {
		return false
	}
	var leader etcd.Leadership
	for i, m := range o.members {
		since := o.since
		if m.target {
			pod := o.pods[m.Name]
			if expect.NewPod && (pod.value.UID == "" || pod.value.UID == m.before.UID) || expect.Restart && pod.value.Container == m.before.Container {
				return false
			}
			if pod.at.After(since) { // until then an answer may be the old pod's
				since = pod.at
			}
		}
		h, l := o.health[m.Name], o.leaders[m.Name]
		if h.at.Before(since) || l.at.Before(since) || !h.value.Healthy || l.value.Leader == "" || i > 0 && l.value != leader {
			return false
		}
		leader = l.value
	}
	return true
}
