// Package drill injects a fault into a cluster under load, observes its recovery, and records what is needed to judge
// whether an acknowledged write was lost.
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
	steadyTime    = 2 * time.Second  // how long the probe runs before the fault and after the recovery
	servedLimit   = time.Minute      // for every client to be served and every member to be healthy
	finishLimit   = 10 * time.Second // for the probe's last key and for the watch to deliver it
	readbackLimit = 60 * time.Second // for each step of reading the members' stores
)

// Options say how a drill is run.
type Options struct {
	Rate         int             // operations a second
	Clients      int             // each with its own connection; 0 is one per member
	Budgets      history.Budgets // Recovery also limits the wait for the recovery
	For          time.Duration   // how long the fault lasts; 0 is the fault's default
	Image        string          // of the agent; "" is this project's
	ControlPlane bool            // run even if the cluster looks like Kubernetes' own
	// Confirm gets the plan before anything is changed. An error ends the drill.
	Confirm func(plan string) error
}

// length returns how long a fault lasts.
func (o Options) length(f fault.Fault) time.Duration {
	if o.For > 0 {
		return o.For
	}
	return f.For
}

// Run runs one drill: it checks that the cluster is healthy, starts a probe at a steady rate, injects the fault, waits
// for the recovery, and returns the record. It always removes the keys that it wrote and reverts the fault's changes.
// With an error there is no record to judge.
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

// run is the state of a drill.
type run struct {
	env           lifecycle.Env   // the target is resolved after the first view
	view          *lifecycle.View // nil before the first view
	fault         fault.Fault
	options       Options
	confirmedPlan string // the plan that the user confirmed

	lease      *deploy.Lease // nil until the Lease is held
	scene      *fault.Scene
	client     *clientv3.Client // connects to all members
	prefix     string
	keysLease  clientv3.LeaseID // the lease of all the drill's keys
	keysTTL    time.Duration    // TTL of the keys' lease
	faultBegun bool             // the fault has changed something
	probe      *probe.Probe
	observer   *observer
	record     history.Record
}

// underLease makes all changes while the Lease is held, and cleans up after them.
func (r *run) underLease(ctx context.Context, lease *deploy.Lease) (err error) {
	r.lease = lease
	if err := r.recheck(ctx); err != nil {
		return err
	}
	if err := r.prepareTargets(ctx); err != nil {
		return err
	}
	if r.client, err = r.view.Conn.All(); err != nil {
		return err
	}
	if err := r.writeMarker(ctx); err != nil {
		return err
	}
	defer func() { err = r.cleanup(ctx, err) }()
	if err := lease.Step(ctx, "drill "+r.fault.Name+": write under load, and inject the fault"); err != nil {
		return err
	}
	if err := r.damage(ctx); err != nil {
		return err
	}
	if err := lease.Step(ctx, "drill "+r.fault.Name+": read back the writes"); err != nil {
		return err
	}
	return r.readBack(ctx)
}

// writeMarker writes the marker. All keys of the drill have one lease, so that they expire even if the drill is killed.
func (r *run) writeMarker(ctx context.Context) error {
	r.keysTTL = keysTTL + r.scene.For + r.options.Budgets.Recovery
	lease, err := r.client.Grant(ctx, int64(r.keysTTL/time.Second))
	if err != nil {
		return fmt.Errorf("grant a lease for the drill's keys: %w", etcd.Explain(err))
	}
	r.keysLease, r.prefix = lease.ID, fmt.Sprintf("kubectl-etcd/drill/%x/", lease.ID)
	marker := history.Operation{Kind: history.Write, Key: r.prefix + "marker", Value: "before the drill " + r.fault.Name}
	resp, err := r.client.Put(ctx, marker.Key, marker.Value, clientv3.WithLease(r.keysLease))
	if err != nil {
		r.removeKeys(context.WithoutCancel(ctx))
		return fmt.Errorf("write the marker: %w", etcd.Explain(err))
	}
	marker.Revision = resp.Header.Revision
	r.record.Marker = marker
	r.env.Progress.Step("Wrote the marker %s; %s leads in term %d", marker.Key, r.view.Status.Leader, r.view.Status.Term)
	return nil
}

// damage runs the probe, injects the fault while it runs, and observes the cluster until it has recovered.
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

// newProbe creates the probe's clients, each with its own connection, and lets them connect and log in first: an
// operation's deadline is too short for that, and one that exceeds it starts over.
func (r *run) newProbe(ctx context.Context) error {
	r.probe = &probe.Probe{Watcher: r.client, Prefix: r.prefix, Lease: r.keysLease, Rate: r.options.Rate}
	members := r.view.Members
	for i := range r.record.Clients {
		member := members[i%len(members)]
		kubeMember, _ := r.view.Cluster.Member(member.Name)
		client, err := r.view.Conn.Member(kubeMember)
		if err != nil {
			return err
		}
		r.probe.Clients = append(r.probe.Clients, probe.Client{Member: member.Name, Etcd: client})
	}
	limited, cancel := context.WithTimeout(ctx, finishLimit)
	defer cancel()
	var connecting sync.WaitGroup
	for _, c := range r.probe.Clients {
		connecting.Go(func() { _, _ = etcd.Probe{Client: c.Etcd}.Read(limited, r.prefix, true) }) // a client that fails here is not served, which waitUntilReady reports
	}
	connecting.Wait()
	return context.Cause(ctx)
}

// strike injects the fault after a steady time, waits for the recovery, and lets the probe run for another steady time.
func (r *run) strike(ctx context.Context) error {
	r.env.Progress.Step("%d operations a second by %d clients", r.options.Rate, r.record.Clients)
	if err := r.waitUntilReady(ctx); err != nil {
		return err
	}
	if err := fault.Pause(ctx, r.steady()); err != nil {
		return err
	}
	if err := r.waitUntilReady(ctx); err != nil {
		return err
	}
	r.record.FaultAt = r.probe.Elapsed()
	err := r.fault.Do(ctx, r.scene)
	if err != nil && (ctx.Err() != nil || !r.faultBegun) {
		return err
	}
	if err != nil { // the fault has changed something, so the result is judged
		r.env.Progress.Step("The fault was not completed: %v", err)
		r.record.Failed = errors.Join(err, r.undo(ctx)).Error()
	}
	r.record.FaultEnd = r.record.FaultAt
	if r.fault.Lasts {
		r.record.FaultEnd = r.probe.Elapsed()
	}
	if err := r.observer.awaitRecovery(ctx, r.options.Budgets.Recovery, r.fault.Expect); err != nil {
		return err
	}
	return fault.Pause(ctx, r.steady())
}

// steady is how long the probe runs before the fault and after the recovery: long enough for some operations of each
// kind.
func (r *run) steady() time.Duration {
	return max(steadyTime, 20*time.Second/time.Duration(r.options.Rate))
}

// waitUntilReady waits until every client of the probe has been served and every member is healthy. A fault injected
// earlier shows nothing, or hits a cluster that is not as it was when the targets were chosen.
func (r *run) waitUntilReady(ctx context.Context) error {
	limit := servedLimit + 20*time.Duration(r.record.Clients)*time.Second/time.Duration(r.options.Rate)
	end := time.After(limit)
	for {
		notReady, final := r.observer.notReady()
		if notReady == "" && !r.probe.Serving() {
			notReady = "not every client of the probe had an acknowledged operation"
		}
		if notReady == "" {
			return nil
		}
		refusal := fmt.Errorf("%s, so no fault was injected (see %q)", notReady, r.view.Cluster.Command("status"))
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

// struck records when the fault was injected, and marks it as begun. The fault calls it.
func (r *run) struck(at time.Time, what string) {
	r.faultBegun = true
	r.record.FaultAt = r.moment(at)
	r.observer.event(r.record.FaultAt, what)
}

func (r *run) eventAt(at time.Time, what string) { r.observer.event(r.moment(at), what) }

// moment converts a time to the probe's clock.
func (r *run) moment(at time.Time) time.Duration { return max(0, r.probe.Elapsed()-time.Since(at)) }

// event adds an event at the current time to the timeline and prints it. The first event of a fault marks it as begun.
func (r *run) event(format string, args ...any) {
	r.faultBegun = true
	r.observer.event(r.probe.Elapsed(), fmt.Sprintf(format, args...))
}

// pods returns the pod and container of each member.
func pods(v *lifecycle.View) map[string]history.Pod {
	all := map[string]history.Pod{}
	for _, m := range v.Cluster.Members {
		id, restarts := m.Process()
		all[m.Name] = history.Pod{UID: string(m.UID()), Container: id, Restarts: restarts}
	}
	return all
}
