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

// Intervals between requests, and their timeout. The leader is asked for separately and more often: that needs no
// quorum, so it is answered during an election. Each request is load on the cluster and on the API server.
const (
	leaderEvery  = 50 * time.Millisecond
	healthEvery  = 250 * time.Millisecond
	podEvery     = 300 * time.Millisecond
	requestLimit = time.Second
)

// observer observes the members, their pods and the API server from the first operation to the last.
type observer struct {
	members  []observedMember
	before   report.Status             // when the targets were chosen
	podsAPI  corev1client.PodInterface // of the cluster's namespace
	clock    clock
	progress *render.Progress // gets each event, and on a terminal the load

	mu          sync.Mutex
	health      map[string]answer[report.Member]
	leaders     map[string]answer[etcd.Leadership]
	pods        map[string]answer[history.Pod]
	down        map[string]bool
	leaderTerms []history.LeaderTerm
	outages     []history.Interval
	timeline    []moment
	since       time.Time      // older answers say nothing about the recovery
	healthy     *time.Duration // when every member was healthy again; nil if that was not observed
}

// observedMember is a member that the observer polls.
type observedMember struct {
	etcd.Member
	kubeMember cluster.Member
	target     bool        // is a target of the fault
	before     history.Pod // when the targets were chosen
}

// clock is the probe: it has the time since its start, and counts its operations by outcome.
type clock interface {
	Elapsed() time.Duration
	Counts() (acknowledged, ambiguous, failed int)
}

// moment is an event of the timeline. at counts from the start of the probe.
type moment struct {
	at   time.Duration
	text string
}

// answer is an answer and the time of its request: it is not older.
type answer[T any] struct {
	value T
	at    time.Time
}

// newObserver returns an observer of the members in v, for the record of a fault whose targets are chosen.
func newObserver(v *lifecycle.View, r *history.Record) *observer {
	o := &observer{
		before: r.Before,
		health: map[string]answer[report.Member]{}, leaders: map[string]answer[etcd.Leadership]{}, pods: map[string]answer[history.Pod]{},
		down: map[string]bool{}, leaderTerms: []history.LeaderTerm{{Leader: r.Before.Leader, Term: r.Before.Term}},
	}
	for _, m := range v.Members {
		kubeMember, _ := v.Cluster.Member(m.Name)
		o.members = append(o.members, observedMember{m, kubeMember, slices.Contains(r.Targets, m.Name), r.PodsBefore[m.Name]})
	}
	return o
}

// start polls until ctx ends, and then closes the channel.
func (o *observer) start(ctx context.Context) <-chan struct{} {
	var polling sync.WaitGroup
	for _, m := range o.members {
		polling.Go(func() { repeat(ctx, leaderEvery, func(ctx context.Context) { o.askLeader(ctx, m.Member) }) })
		polling.Go(func() { repeat(ctx, healthEvery, func(ctx context.Context) { o.askHealth(ctx, m.Member) }) })
	}
	watched := slices.DeleteFunc(slices.Clone(o.members), func(m observedMember) bool { return !m.target })
	if len(watched) == 0 { // one pod suffices to observe the API server
		watched = o.members[:1]
	}
	for _, m := range watched {
		polling.Go(func() { repeat(ctx, podEvery, func(ctx context.Context) { o.askPod(ctx, m) }) })
	}
	done := make(chan struct{})
	go func() { defer close(done); polling.Wait() }()
	return done
}

// repeat calls poll until ctx ends. Each call gets its own timeout.
func repeat(ctx context.Context, every time.Duration, poll func(context.Context)) {
	for ctx.Err() == nil {
		asked, cancel := context.WithTimeout(ctx, requestLimit)
		poll(asked)
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
	o.leaders[m.Name] = answer[etcd.Leadership]{l, at}
	o.recordLeader(m.Name, l, asked)
}

// recordLeader records what a member answered about the leader.
func (o *observer) recordLeader(member string, l etcd.Leadership, asked time.Duration) {
	name := o.nameOf(l.Leader)
	// A term has one leader, so a new leader has a new term. An answer can combine the new leader with the old term:
	// the member reads them one after the other (server/etcdserver/api/v3rpc/maintenance.go).
	last := &o.leaderTerms[len(o.leaderTerms)-1]
	switch {
	case name == member && member == last.Leader && l.Term == last.Term:
		last.Led = max(last.Led, asked)
	case name != "" && l.Term > last.Term:
		o.leaderTerms = append(o.leaderTerms, history.LeaderTerm{Leader: name, Term: l.Term, At: o.clock.Elapsed()})
		o.add(fmt.Sprintf("%s leads, term %d", name, l.Term))
	}
}

func (o *observer) askHealth(ctx context.Context, m etcd.Member) {
	at := time.Now()
	for _, row := range etcd.Status(ctx, []etcd.Member{m}, requestLimit).Members {
		if row.Name != m.Name || ctx.Err() != nil && !row.Healthy && time.Since(at) < requestLimit {
			continue // the request was cancelled by the end of the drill
		}
		o.mu.Lock()
		o.health[m.Name] = answer[report.Member]{row, at}
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

// askPod gets a member's pod, which also shows whether the API server answers.
func (o *observer) askPod(ctx context.Context, m observedMember) {
	at, elapsed := time.Now(), o.clock.Elapsed()
	pod, err := o.podsAPI.Get(ctx, m.kubeMember.PodName, metav1.GetOptions{})
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case apierrors.IsNotFound(err):
		return
	case err != nil && ctx.Err() != nil && time.Since(at) < requestLimit:
		return // cancelled by the end of the drill
	case err != nil:
		o.outages = append(o.outages, history.Interval{From: elapsed, To: o.clock.Elapsed() + podEvery, Why: "the API server did not answer: " + err.Error()})
		return
	}
	m.kubeMember.Pod = pod
	id, restarts := m.kubeMember.Process()
	now := history.Pod{UID: string(pod.UID), Container: id, Restarts: restarts}
	last, known := o.pods[m.Name]
	if known && last.value == now {
		return
	}
	o.pods[m.Name] = answer[history.Pod]{now, at}
	switch {
	case now.UID != m.before.UID && (!known || last.value.UID != now.UID):
		o.add(m.Name + " has a new pod")
	case now.UID == m.before.UID && now.Restarts > m.before.Restarts && last.value.Restarts != now.Restarts:
		o.add(fmt.Sprintf("etcd of %s was restarted in its pod", m.Name))
	}
}

// showLive prints the load and the members that are down. It changes constantly, so it needs a terminal.
func (o *observer) showLive() {
	if !o.progress.Animated() {
		return
	}
	ok, ambiguous, failed := o.clock.Counts()
	o.mu.Lock()
	last := o.leaderTerms[len(o.leaderTerms)-1]
	lines := []string{fmt.Sprintf("%s: %d acknowledged, %d ambiguous, %d failed; %s leads in term %d",
		o.clock.Elapsed().Round(100*time.Millisecond), ok, ambiguous, failed, last.Leader, last.Term)}
	for _, m := range o.members {
		if o.down[m.Name] {
			lines = append(lines, fmt.Sprintf("%s is down: %s", m.Name, o.health[m.Name].value.Error))
		}
	}
	o.mu.Unlock()
	o.progress.Live(lines...)
}

// event adds an event to the timeline and prints it.
func (o *observer) event(at time.Duration, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.put(at, text)
}

// add adds an event at the current time. The caller holds the lock.
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

// finish copies the observations into the record. There times count from the fault, whose time may have been corrected
// afterwards.
func (o *observer) finish(r *history.Record) {
	r.LeaderTerms, r.Outages, r.Healthy = o.leaderTerms, o.outages, o.healthy
	slices.SortStableFunc(o.timeline, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	for _, m := range o.timeline {
		r.Timeline = append(r.Timeline, report.NewDrillEvent(m.at-r.FaultAt, m.text))
	}
}
