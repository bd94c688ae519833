package drill

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// How often is looked, and how long an answer may take. Who leads is asked on its own and more often: it takes no
// quorum, so it is answered while an election goes on. Each look is a load on the cluster and on the API server as well.
const (
	leaderEvery = 50 * time.Millisecond
	healthEvery = 250 * time.Millisecond
	podEvery    = 300 * time.Millisecond
	lookLimit   = time.Second
)

// observer looks at the members, their pods and the API server from the first operation to the last.
type observer struct {
	run *run

	mu       sync.Mutex
	health   map[string]seen[report.Member]
	leaders  map[string]seen[etcd.Leadership]
	pods     map[string]seen[history.Pod]
	down     map[string]bool
	reigns   []history.Reign
	outages  []history.Interval
	timeline []moment
	since    time.Time // answers from before it say nothing of the recovery
}

// moment is one of the timeline, counted from the start of the probe.
type moment struct {
	at   time.Duration
	text string
}

// seen is an answer and when it was asked for: it is no older.
type seen[T any] struct {
	what T
	at   time.Time
}

func newObserver(r *run) *observer {
	return &observer{
		run: r, health: map[string]seen[report.Member]{}, leaders: map[string]seen[etcd.Leadership]{}, pods: map[string]seen[history.Pod]{},
		down: map[string]bool{}, reigns: []history.Reign{{Leader: r.record.Before.Leader, Term: r.record.Before.Term}},
	}
}

// start begins to look, until ctx ends; then the channel is closed.
func (o *observer) start(ctx context.Context) <-chan struct{} {
	var looking sync.WaitGroup
	for _, m := range o.run.view.Members {
		looking.Go(func() { repeat(ctx, leaderEvery, func(ctx context.Context) { o.askLeader(ctx, m) }) })
		looking.Go(func() { repeat(ctx, healthEvery, func(ctx context.Context) { o.askHealth(ctx, m) }) })
	}
	watched := o.run.record.Targets
	if len(watched) == 0 { // for the API server's own sake
		watched = []string{o.run.view.Members[0].Name}
	}
	for _, name := range watched {
		looking.Go(func() { repeat(ctx, podEvery, func(ctx context.Context) { o.askPod(ctx, name) }) })
	}
	done := make(chan struct{})
	go func() { defer close(done); looking.Wait() }()
	return done
}

// repeat looks again and again. A look gets a context of its own, and what it finds once ctx has ended is not taken.
func repeat(ctx context.Context, every time.Duration, look func(context.Context)) {
	for ctx.Err() == nil {
		asked, cancel := context.WithTimeout(ctx, lookLimit)
		look(asked)
		cancel()
		if fault.Pause(ctx, every) != nil {
			return
		}
	}
}

func (o *observer) askLeader(ctx context.Context, m etcd.Member) {
	at, asked := time.Now(), o.run.probe.Elapsed()
	l, err := m.Leadership(ctx)
	if err != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.leaders[m.Name] = seen[etcd.Leadership]{l, at}
	o.reign(m.Name, l, asked)
}

// reign takes what a member says of who leads.
func (o *observer) reign(member string, l etcd.Leadership, asked time.Duration) {
	name := o.nameOf(l.Leader)
	// A term has one leader, so a new one comes with a new term. A member's answer can have the new leader beside the
	// old term: it reads the two one after the other (server/etcdserver/api/v3rpc/maintenance.go).
	last := &o.reigns[len(o.reigns)-1]
	switch {
	case name == member && member == last.Leader && l.Term == last.Term:
		last.Led = max(last.Led, asked)
	case name != "" && l.Term > last.Term:
		o.reigns = append(o.reigns, history.Reign{Leader: name, Term: l.Term, At: o.run.probe.Elapsed()})
		o.add(fmt.Sprintf("%s leads, term %d", name, l.Term))
	}
}

func (o *observer) askHealth(ctx context.Context, m etcd.Member) {
	at := time.Now()
	for _, row := range etcd.Status(ctx, []etcd.Member{m}, lookLimit).Members {
		if row.Name != m.Name || ctx.Err() != nil && !row.Healthy && time.Since(at) < lookLimit {
			continue // the end of the drill is no state of the member
		}
		o.mu.Lock()
		o.health[m.Name] = seen[report.Member]{row, at}
		switch {
		case !row.Healthy && !o.down[m.Name]:
			o.add(fmt.Sprintf("%s is down: %s", m.Name, row.Error))
		case row.Healthy && o.down[m.Name]:
			o.add(m.Name + " is healthy")
		}
		o.down[m.Name] = !row.Healthy
		o.mu.Unlock()
	}
}

// askPod looks at a member's pod, which shows on the way whether the API server answers.
func (o *observer) askPod(ctx context.Context, name string) {
	at, elapsed := time.Now(), o.run.probe.Elapsed()
	place, _ := o.run.view.Cluster.Member(name)
	pod, err := o.run.env.Kube.CoreV1().Pods(o.run.env.Target.Namespace).Get(ctx, place.PodName, metav1.GetOptions{})
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case apierrors.IsNotFound(err):
		return
	case err != nil && ctx.Err() != nil && time.Since(at) < lookLimit:
		return // the end of the drill
	case err != nil:
		o.outages = append(o.outages, history.Interval{From: elapsed, To: o.run.probe.Elapsed() + podEvery, Why: "the API server did not answer: " + err.Error()})
		return
	}
	place.Pod = pod
	id, restarts := place.Process()
	now := history.Pod{UID: string(pod.UID), Container: id, Restarts: restarts}
	before := o.run.record.PodsBefore[name]
	last, known := o.pods[name]
	if known && last.what == now {
		return
	}
	o.pods[name] = seen[history.Pod]{now, at}
	switch {
	case now.UID != before.UID && (!known || last.what.UID != now.UID):
		o.add(name + " has a new pod")
	case now.UID == before.UID && now.Restarts > before.Restarts && last.what.Restarts != now.Restarts:
		o.add(fmt.Sprintf("%s was started again in its pod", name))
	}
}

// unfit says why the members are not as they were when the fault was aimed, or "". It is final where waiting cannot help.
func (o *observer) unfit() (why string, final bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if last := o.reigns[len(o.reigns)-1]; last.Term != o.run.record.Before.Term {
		return fmt.Sprintf("%s was elected in term %d before the fault", last.Leader, last.Term), true
	}
	for _, m := range o.run.view.Members {
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
	healthy := o.run.probe.Elapsed()
	o.run.record.Healthy = &healthy
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
	for i, m := range o.run.view.Members {
		since := o.since
		if slices.Contains(o.run.record.Targets, m.Name) {
			pod, before := o.pods[m.Name], o.run.record.PodsBefore[m.Name]
			if expect.NewPod && (pod.what.UID == "" || pod.what.UID == before.UID) || expect.Restart && pod.what.Container == before.Container {
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

// live shows the load and what is down. It changes all the time, so it is for a terminal alone.
func (o *observer) live() {
	progress := o.run.env.Progress
	if !progress.Animated() {
		return
	}
	ok, ambiguous, failed := o.run.probe.Counts()
	o.mu.Lock()
	last := o.reigns[len(o.reigns)-1]
	lines := []string{fmt.Sprintf("%s: %d acknowledged, %d ambiguous, %d failed; %s leads in term %d",
		o.run.probe.Elapsed().Round(100*time.Millisecond), ok, ambiguous, failed, last.Leader, last.Term)}
	for _, m := range o.run.view.Members {
		if o.down[m.Name] {
			lines = append(lines, fmt.Sprintf("%s is down: %s", m.Name, o.health[m.Name].what.Error))
		}
	}
	o.mu.Unlock()
	progress.Live(lines...)
}

// event puts a moment on the timeline, and tells it.
func (o *observer) event(at time.Duration, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.put(at, text)
}

// add is event of this moment, for who has the lock.
func (o *observer) add(text string) { o.put(o.run.probe.Elapsed(), text) }

func (o *observer) put(at time.Duration, text string) {
	o.timeline = append(o.timeline, moment{at, text})
	o.run.env.Progress.Step("  %8s  %s", report.Millis(at.Round(time.Millisecond)), text)
}

func (o *observer) nameOf(id string) string {
	for _, m := range o.run.record.Before.Members {
		if m.ID == id {
			return m.Name
		}
	}
	return ""
}

// finish puts what was seen into the record. There moments count from the fault, which may have been told of late.
func (o *observer) finish(r *history.Record) {
	r.Reigns, r.Outages = o.reigns, o.outages
	slices.SortStableFunc(o.timeline, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	for _, m := range o.timeline {
		r.Timeline = append(r.Timeline, report.NewDrillEvent(m.at-r.FaultAt, m.text))
	}
}
