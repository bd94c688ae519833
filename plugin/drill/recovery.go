package drill

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
)

// unfit says why the members are not as they were when the fault was aimed, or "". It is final where waiting cannot help.
func (o *observer) unfit() (why string, final bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if last := o.reigns[len(o.reigns)-1]; last.Term != o.before.Term {
		return fmt.Sprintf("%s was elected in term %d before the fault", last.Leader, last.Term), true
	}
	for _, m := range o.members {
		if h := o.health[m.Name]; !h.what.Healthy || time.Since(h.at) > 2*lookLimit {
			return fmt.Sprintf("member %q was not well before the fault: %s", m.Name, cmp.Or(h.what.Error, "it did not answer")), false
		}
	}
	return "", false
}

// await waits until what the fault must bring about has come and every member is well and names one leader, or until the
// limit. That it did not recover is for the verdict to say.
func (o *observer) await(ctx context.Context, limit time.Duration, expect history.Expectation) error {
	o.mu.Lock()
	o.since = time.Now()
	o.mu.Unlock()
	end := time.After(limit)
	tick := time.NewTicker(leaderEvery)
	defer tick.Stop()
	for !o.recovered(expect) {
		select {
		case <-tick.C:
			o.live()
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
	if expect.NewLeader && len(o.reigns) < 2 {
		return false
	}
	var leader etcd.Leadership
	for i, m := range o.members {
		since := o.since
		if m.target {
			pod := o.pods[m.Name]
			if expect.NewPod && (pod.what.UID == "" || pod.what.UID == m.before.UID) || expect.Restart && pod.what.Container == m.before.Container {
				return false
			}
			if pod.at.After(since) { // the old one may have had a last word until then
				since = pod.at
			}
		}
		h, l := o.health[m.Name], o.leaders[m.Name]
		if h.at.Before(since) || l.at.Before(since) || !h.what.Healthy || l.what.Leader == "" || i > 0 && l.what != leader {
			return false
		}
		leader = l.what
	}
	return true
}
