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
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
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
	members  []observed
	before   report.Status             // when the fault was aimed
	podsAPI  corev1client.PodInterface // of the cluster's namespace
	clock    clock
	progress *render.Progress // is told each event, and on a terminal the load

	mu       sync.Mutex
	health   map[string]seen[report.Member]
	leaders  map[string]seen[etcd.Leadership]
	pods     map[string]seen[history.Pod]
	down     map[string]bool
	reigns   []history.Reign
	outages  []history.Interval
	timeline []moment
	since    time.Time      // answers from before it say nothing of the recovery
	healthy  *time.Duration // when every member was healthy again; nil where that was not awaited to its end
}

// observed is a member that is looked at.
type observed struct {
	etcd.Member
	place  cluster.Member
	target bool        // of the fault
	before history.Pod // as the fault was aimed
}

// clock is the probe's: it counts from the start of the probe, and knows how its operations have ended.
type clock interface {
	Elapsed() time.Duration
	Counts() (acknowledged, ambiguous, failed int)
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

// newObserver returns one of the members in view, for a fault whose record has begun.
func newObserver(v *lifecycle.View, r *history.Record) *observer {
	o := &observer{
		before: r.Before,
		health: map[string]seen[report.Member]{}, leaders: map[string]seen[etcd.Leadership]{}, pods: map[string]seen[history.Pod]{},
		down: map[string]bool{}, reigns: []history.Reign{{Leader: r.Before.Leader, Term: r.Before.Term}},
	}
	for _, m := range v.Members {
		place, _ := v.Cluster.Member(m.Name)
		o.members = append(o.members, observed{m, place, slices.Contains(r.Targets, m.Name), r.PodsBefore[m.Name]})
	}
	return o
}

// start begins to look, until ctx ends; then the channel is closed.
func (o *observer) start(ctx context.Context) <-chan struct{} {
	var looking sync.WaitGroup
	for _, m := range o.members {
		looking.Go(func() { repeat(ctx, leaderEvery, func(ctx context.Context) { o.askLeader(ctx, m.Member) }) })
		looking.Go(func() { repeat(ctx, healthEvery, func(ctx context.Context) { o.askHealth(ctx, m.Member) }) })
	}
	watched := slices.DeleteFunc(slices.Clone(o.members), func(m observed) bool { return !m.target })
	if len(watched) == 0 { // for the API server's own sake
		watched = o.members[:1]
	}
	for _, m := range watched {
		looking.Go(func() { repeat(ctx, podEvery, func(ctx context.Context) { o.askPod(ctx, m) }) })
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
	at, asked := time.Now(), o.clock.Elapsed()
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
		o.reigns = append(o.reigns, history.Reign{Leader: name, Term: l.Term, At: o.clock.Elapsed()})
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
func (o *observer) askPod(ctx context.Context, m observed) {
	at, elapsed := time.Now(), o.clock.Elapsed()
	pod, err := o.podsAPI.Get(ctx, m.place.PodName, metav1.GetOptions{})
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case apierrors.IsNotFound(err):
		return
	case err != nil && ctx.Err() != nil && time.Since(at) < lookLimit:
		return // the end of the drill
	case err != nil:
		o.outages = append(o.outages, history.Interval{From: elapsed, To: o.clock.Elapsed() + podEvery, Why: "the API server did not answer: " + err.Error()})
		return
	}
	m.place.Pod = pod
	id, restarts := m.place.Process()
	now := history.Pod{UID: string(pod.UID), Container: id, Restarts: restarts}
	last, known := o.pods[m.Name]
	if known && last.what == now {
		return
	}
	o.pods[m.Name] = seen[history.Pod]{now, at}
	switch {
	case now.UID != m.before.UID && (!known || last.what.UID != now.UID):
		o.add(m.Name + " has a new pod")
	case now.UID == m.before.UID && now.Restarts > m.before.Restarts && last.what.Restarts != now.Restarts:
		o.add(fmt.Sprintf("%s was started again in its pod", m.Name))
	}
}

// live shows the load and what is down. It changes all the time, so it is for a terminal alone.
func (o *observer) live() {
	if !o.progress.Animated() {
		return
	}
	ok, ambiguous, failed := o.clock.Counts()
	o.mu.Lock()
	last := o.reigns[len(o.reigns)-1]
	lines := []string{fmt.Sprintf("%s: %d acknowledged, %d ambiguous, %d failed; %s leads in term %d",
		o.clock.Elapsed().Round(100*time.Millisecond), ok, ambiguous, failed, last.Leader, last.Term)}
	for _, m := range o.members {
		if o.down[m.Name] {
			lines = append(lines, fmt.Sprintf("%s is down: %s", m.Name, o.health[m.Name].what.Error))
		}
	}
	o.mu.Unlock()
	o.progress.Live(lines...)
}

// event puts a moment on the timeline, and tells it.
func (o *observer) event(at time.Duration, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.put(at, text)
}

// add is event of this moment, for who has the lock.
func (o *observer) add(text string) { o.put(o.clock.Elapsed(), text) }

func (o *observer) put(at time.Duration, text string) {
	o.timeline = append(o.timeline, moment{at, text})
	o.progress.Step("  %8s  %s", report.Millis(at.Round(time.Millisecond)), text)
}

func (o *observer) nameOf(id string) string {
	for _, m := range o.before.Members {
		if m.ID == id {
			return m.Name
		}
	}
	return ""
}

// finish puts what was seen into the record. There moments count from the fault, which may have been told of late.
func (o *observer) finish(r *history.Record) {
	r.Reigns, r.Outages, r.Healthy = o.reigns, o.outages, o.healthy
	slices.SortStableFunc(o.timeline, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	for _, m := range o.timeline {
		r.Timeline = append(r.Timeline, report.NewDrillEvent(m.at-r.FaultAt, m.text))
	}
}
