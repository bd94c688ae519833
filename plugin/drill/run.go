package drill

import (
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

const (
	steadyTime    = 2 * time.Second  // of the probe before the fault and after the recovery
	readbackLimit = 30 * time.Second // for each step of reading the members' stores
	cleanupLimit  = 10 * time.Second
	keysLive      = 20 * time.Minute // what the drill's keys live at most, if it is killed before it can remove them
)

// Options say how a drill is run.
type Options struct {
	Rate    int                     // writes a second
	Recover time.Duration           // how long all may take to be well again; the verdict is fail where they do not
	Confirm func(plan string) error // is told what will be done before anything is; an error ends the drill
}

// Run does one drill: healthy before, a probe that writes at a steady rate, the fault, the recovery, the verdict. The
// keys that it writes are removed in any case. An error says that there is no verdict; a bad one is no error.
func Run(ctx context.Context, env lifecycle.Env, name string, fault Fault, o Options) (report.Drill, error) {
	view, err := env.LookWhole(ctx, name)
	if err != nil {
		return report.Drill{}, err
	}
	defer view.Close()
	r := &run{env: env, view: view, fault: fault, rate: o.Rate, limit: o.Recover}
	if err := r.prepare(ctx, o.Confirm); err != nil {
		return report.Drill{}, err
	}
	lease, ctx, err := deploy.Acquire(ctx, env.Kube, env.Namespace, view.Cluster.Name, "drill "+fault.Name, env.Progress.Live)
	if err != nil {
		return report.Drill{}, err
	}
	defer lease.Release(ctx)
	defer env.Progress.Live()
	if err := r.mark(ctx); err != nil {
		return report.Drill{}, err
	}
	defer r.cleanup(ctx)
	if err := r.damage(ctx); err != nil {
		return report.Drill{}, err
	}
	if err := r.readBack(ctx); err != nil {
		return report.Drill{}, err
	}
	d := Judge(r.evidence)
	d.Head = report.NewHead("Drill", view.Cluster.Namespace, view.Cluster.Name)
	return d, nil
}

// run is one drill under way.
type run struct {
	env      lifecycle.Env
	view     *lifecycle.View
	fault    Fault
	rate     int
	limit    time.Duration // of the recovery
	scene    Scene
	client   *clientv3.Client // over all members
	prefix   string
	lease    clientv3.LeaseID
	probe    *probe
	struck   time.Time // when the fault was done
	evidence Evidence
}

// prepare refuses a cluster that a fault would hurt, and asks before anything is written.
func (r *run) prepare(ctx context.Context, confirm func(string) error) error {
	s := r.view.Status
	if bar := s.Bar(); bar != "" {
		return fmt.Errorf("what a drill does to etcd cluster %s/%s could not be judged: %s", s.Namespace, s.Cluster, bar)
	}
	if !s.Healthy {
		return fmt.Errorf("etcd cluster %s/%s is not healthy, and a drill would make it worse (see %q)",
			s.Namespace, s.Cluster, r.view.Cluster.Command("status"))
	}
	if s.WritesRefused {
		return fmt.Errorf("etcd cluster %s/%s refuses writes for an alarm (%s), and a drill takes some (see %q)",
			s.Namespace, s.Cluster, s.AlarmText(), r.view.Cluster.Command("status"))
	}
	target, plan, err := r.fault.Aim(s)
	if err != nil {
		return err
	}
	r.scene = Scene{Kube: r.env.Kube, Cluster: r.view.Cluster, Target: target}
	if err := r.fault.Check(ctx, r.scene); err != nil {
		return err
	}
	if err := confirm(plan); err != nil {
		return err
	}
	r.client, err = r.view.Conn.All()
	r.evidence = Evidence{
		Fault: r.fault.Name, Target: target, Expect: r.fault.Expect, Rate: r.rate, Before: s, PodsBefore: pods(r.view),
	}
	return err
}

func pods(v *lifecycle.View) map[string]string {
	uids := map[string]string{}
	for _, m := range v.Cluster.Members {
		uids[m.Name] = string(m.UID())
	}
	return uids
}

// mark writes the marker. All keys of the drill hang on one lease, so that they go even if the drill is killed.
func (r *run) mark(ctx context.Context) error {
	lease, err := r.client.Grant(ctx, int64(keysLive/time.Second))
	if err != nil {
		return fmt.Errorf("grant a lease for the drill's keys: %w", etcd.Explain(err))
	}
	r.lease, r.prefix = lease.ID, fmt.Sprintf("kubectl-etcd/drill/%x/", lease.ID)
	r.evidence.Marker = Write{Key: r.prefix + "marker", Value: fmt.Sprintf("before the drill %s", r.fault.Name)}
	if _, err := r.client.Put(ctx, r.evidence.Marker.Key, r.evidence.Marker.Value, clientv3.WithLease(r.lease)); err != nil {
		r.cleanup(ctx)
		return fmt.Errorf("write the marker: %w", etcd.Explain(err))
	}
	r.env.Progress.Step("Wrote the marker %s; %s leads in term %d", r.evidence.Marker.Key, r.view.Status.Leader, r.view.Status.Term)
	return nil
}

// cleanup removes the drill's keys, also after an interruption.
func (r *run) cleanup(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupLimit)
	defer cancel()
	if _, err := r.client.Revoke(ctx, r.lease); err != nil {
		r.env.Progress.Step("The keys below %s could not be removed (%v); they go by themselves within %s", r.prefix, etcd.Explain(err), keysLive)
	}
}

// damage runs the probe, does the fault in the midst of it, and watches the cluster until it is well again.
func (r *run) damage(ctx context.Context) error {
	r.probe = &probe{members: r.view.Members, prefix: r.prefix, lease: r.lease, rate: r.rate, begin: time.Now()}
	probing, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); r.probe.run(probing) }()
	defer func() {
		stop()
		<-done
		r.evidence.Writes = r.probe.writes
	}()

	r.env.Progress.Step("Writing %d keys a second, to each member in turn", r.rate)
	if err := pause(ctx, steadyTime); err != nil {
		return err
	}
	r.evidence.FaultAt, r.struck = time.Since(r.probe.begin), time.Now()
	if err := r.fault.Do(ctx, r.scene); err != nil {
		return err
	}
	r.eventAt(0, "%s: %s", r.fault.About, r.scene.Target)
	if err := r.watch(ctx); err != nil {
		return err
	}
	err := pause(ctx, steadyTime)
	r.evidence.Span = time.Since(r.probe.begin)
	return err
}

// event adds a moment to the timeline, and tells it.
func (r *run) event(format string, args ...any) { r.eventAt(time.Since(r.struck), format, args...) }

func (r *run) eventAt(after time.Duration, format string, args ...any) {
	e := report.NewDrillEvent(after, fmt.Sprintf(format, args...))
	r.evidence.Timeline = append(r.evidence.Timeline, e)
	r.env.Progress.Step("  +%-7s %s", e.After, e.Event)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
