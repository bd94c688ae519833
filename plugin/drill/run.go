// Package drill does damage to a cluster under load, watches it recover, and has it judged from what was recorded whether
// anything acknowledged was lost.
package drill

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/probe"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

const (
	steadyTime    = 2 * time.Second  // of the probe before the fault and after the recovery
	servedLimit   = time.Minute      // for each of its clients to be served, and for each member to be well
	finishLimit   = 10 * time.Second // for the probe's last key, and for the watch to tell it
	readbackLimit = 60 * time.Second // for each step of reading the members' stores
)

// Options say how a drill is run.
type Options struct {
	Rate         int             // operations a second
	Clients      int             // with a connection each; 0 is one for each member
	Budgets      history.Budgets // Recovery also bounds the wait for it
	For          time.Duration   // how long the fault lasts; 0 is its own length
	Image        string          // of the agent; "" is the project's own
	ControlPlane bool            // go on though the cluster looks like Kubernetes' own
	// Confirm is told what will be done before anything is; an error ends the drill.
	Confirm func(plan string) error
}

// length is how long a fault lasts.
func (o Options) length(f fault.Fault) time.Duration {
	if o.For > 0 {
		return o.For
	}
	return f.For
}

// Run does one drill: healthy before, a probe at a steady rate, the fault, the recovery, and what was recorded of it. The
// keys that it writes are removed in any case, and what the fault changed is undone. An error says that there is nothing to
// be judged.
func Run(ctx context.Context, env lifecycle.Env, f fault.Fault, o Options) (*history.Record, error) {
	r := &run{env: env, fault: f, options: o}
	defer r.close()
	if err := env.InTurn(ctx, r.check); err != nil {
		return nil, err
	}
	err := r.env.Hold(ctx, "drill "+f.Name, func(ctx context.Context, lease *deploy.Lease) error {
		defer env.Progress.Live()
		return r.underLease(ctx, lease)
	})
	if err != nil {
		return nil, err
	}
	return &r.record, nil
}

// run is one drill under way.
type run struct {
	env     lifecycle.Env   // its target is resolved once the cluster was looked at
	view    *lifecycle.View // nil before that
	fault   fault.Fault
	options Options
	agreed  string // the plan that was agreed to

	lease    *deploy.Lease // nil until it is taken
	scene    *fault.Scene
	client   *clientv3.Client // over all members
	prefix   string
	keys     clientv3.LeaseID // that all keys of the drill hang on
	keysLive time.Duration    // how long they do, where nobody removes them
	begun    bool             // the fault has done something
	probe    *probe.Probe
	observer *observer
	record   history.Record
}

// underLease does all that changes anything, and cleans up after it.
func (r *run) underLease(ctx context.Context, lease *deploy.Lease) (err error) {
	r.lease = lease
	if err := r.again(ctx); err != nil {
		return err
	}
	if err := r.ready(ctx); err != nil {
		return err
	}
	if r.client, err = r.view.Conn.All(); err != nil {
		return err
	}
	if err := r.mark(ctx); err != nil {
		return err
	}
	defer func() { err = r.cleanup(ctx, err) }()
	if err := lease.Step(ctx, "drill "+r.fault.Name+": write under load, and do the damage"); err != nil {
		return err
	}
	if err := r.damage(ctx); err != nil {
		return err
	}
	if err := lease.Step(ctx, "drill "+r.fault.Name+": read back what was written"); err != nil {
		return err
	}
	return r.readBack(ctx)
}

// mark writes the marker. All keys of the drill hang on one lease, so that they go even if the drill is killed.
func (r *run) mark(ctx context.Context) error {
	r.keysLive = keysLive + r.scene.For + r.options.Budgets.Recovery
	lease, err := r.client.Grant(ctx, int64(r.keysLive/time.Second))
	if err != nil {
		return fmt.Errorf("grant a lease for the drill's keys: %w", etcd.Explain(err))
	}
	r.keys, r.prefix = lease.ID, fmt.Sprintf("kubectl-etcd/drill/%x/", lease.ID)
	marker := history.Operation{Kind: history.Write, Key: r.prefix + "marker", Value: "before the drill " + r.fault.Name}
	resp, err := r.client.Put(ctx, marker.Key, marker.Value, clientv3.WithLease(r.keys))
	if err != nil {
		r.removeKeys(context.WithoutCancel(ctx))
		return fmt.Errorf("write the marker: %w", etcd.Explain(err))
	}
	marker.Revision = resp.Header.Revision
	r.record.Marker = marker
	r.env.Progress.Step("Wrote the marker %s; %s leads in term %d", marker.Key, r.view.Status.Leader, r.view.Status.Term)
	return nil
}

// damage runs the probe, does the fault in the midst of it, and watches the cluster until it is well again.
func (r *run) damage(ctx context.Context) error {
	if err := r.newProbe(ctx); err != nil {
		return err
	}
	if err := r.probe.Start(ctx); err != nil {
		return err
	}
	r.observer = newObserver(r.view, &r.record)
	r.observer.podsAPI = r.env.Kube.CoreV1().Pods(r.env.Target.Namespace)
	r.observer.clock, r.observer.progress = r.probe, r.env.Progress
	probing, stop := context.WithCancel(ctx)
	probed := make(chan struct{})
	go func() { defer close(probed); r.probe.Run(probing) }()
	observing := r.observer.start(probing)
	err := r.strike(ctx)
	r.record.Span = r.probe.Elapsed()
	stop()
	<-probed
	<-observing
	r.env.Progress.Live()

	finishing, cancel := context.WithTimeout(ctx, finishLimit)
	defer cancel()
	if err != nil {
		cancel()
	}
	r.probe.Finish(finishing, &r.record)
	r.observer.finish(&r.record)
	return err
}

// newProbe gives each client of the probe a connection of its own, and lets it connect and log in: no operation has the time
// for that, and one that is cut off in the midst only has to begin anew.
func (r *run) newProbe(ctx context.Context) error {
	r.probe = &probe.Probe{Watcher: r.client, Prefix: r.prefix, Lease: r.keys, Rate: r.options.Rate}
	members := r.view.Members
	for i := range r.record.Clients {
		member := members[i%len(members)]
		place, _ := r.view.Cluster.Member(member.Name)
		client, err := r.view.Conn.Member(place)
		if err != nil {
			return err
		}
		r.probe.Clients = append(r.probe.Clients, probe.Client{Member: member.Name, Etcd: client})
	}
	limited, cancel := context.WithTimeout(ctx, finishLimit)
	defer cancel()
	var connecting sync.WaitGroup
	for _, c := range r.probe.Clients {
		connecting.Go(func() { _, _ = etcd.Probe{Client: c.Etcd}.Read(limited, r.prefix, true) }) // who cannot is not served, which is told
	}
	connecting.Wait()
	return context.Cause(ctx)
}

// strike does the fault after a steady time, and waits for the recovery and another one.
func (r *run) strike(ctx context.Context) error {
	r.env.Progress.Step("%d operations a second by %d clients", r.options.Rate, r.record.Clients)
	if err := r.fit(ctx); err != nil {
		return err
	}
	if err := fault.Pause(ctx, r.steady()); err != nil {
		return err
	}
	if err := r.fit(ctx); err != nil {
		return err
	}
	r.record.FaultAt = r.probe.Elapsed()
	err := r.fault.Do(ctx, r.scene)
	if err != nil && (ctx.Err() != nil || !r.begun) {
		return err
	}
	if err != nil { // the damage is done: what came of it is worth a verdict
		r.env.Progress.Step("The fault was not carried through: %v", err)
		r.record.Failed = errors.Join(err, r.undo(ctx)).Error()
	}
	r.record.FaultEnd = r.record.FaultAt
	if r.fault.Lasts {
		r.record.FaultEnd = r.probe.Elapsed()
	}
	if err := r.observer.await(ctx, r.options.Budgets.Recovery, r.fault.Expect); err != nil {
		return err
	}
	return fault.Pause(ctx, r.steady())
}

// steady is how long the probe goes on before the fault and after the recovery: some operations of each kind, at least.
func (r *run) steady() time.Duration {
	return max(steadyTime, 20*time.Second/time.Duration(r.options.Rate))
}

// fit waits until every client of the probe has been served and every member is well: a fault that hits before shows
// nothing, or hurts a cluster that is not as it was when the fault was aimed.
func (r *run) fit(ctx context.Context) error {
	limit := servedLimit + 20*time.Duration(r.record.Clients)*time.Second/time.Duration(r.options.Rate)
	end := time.After(limit)
	for {
		unfit, final := r.observer.unfit()
		if unfit == "" && !r.probe.Serving() {
			unfit = "not every client of the probe was served"
		}
		if unfit == "" {
			return nil
		}
		refusal := fmt.Errorf("%s, so nothing was damaged (see %q)", unfit, r.view.Cluster.Command("status"))
		if final {
			return refusal
		}
		select {
		case <-end:
			return fmt.Errorf("for %s: %w", limit, refusal)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(leaderEvery):
		}
	}
}

// struck is told by the fault when the damage was done.
func (r *run) struck(at time.Time, what string) {
	r.begun = true
	r.record.FaultAt = r.moment(at)
	r.observer.event(r.record.FaultAt, what)
}

func (r *run) eventAt(at time.Time, what string) { r.observer.event(r.moment(at), what) }

// moment is a time as the probe counts it.
func (r *run) moment(at time.Time) time.Duration { return max(0, r.probe.Elapsed()-time.Since(at)) }

// event puts this moment on the timeline, and tells it.
func (r *run) event(format string, args ...any) {
	r.begun = true
	r.observer.event(r.probe.Elapsed(), fmt.Sprintf(format, args...))
}

// pods tells what runs each member's etcd.
func pods(v *lifecycle.View) map[string]history.Pod {
	all := map[string]history.Pod{}
	for _, m := range v.Cluster.Members {
		id, restarts := m.Process()
		all[m.Name] = history.Pod{UID: string(m.UID()), Container: id, Restarts: restarts}
	}
	return all
}
