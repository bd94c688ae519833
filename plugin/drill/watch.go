package drill

import (
	"context"
	"fmt"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// How often is looked, and how long an answer may take. Who leads is asked on its own and more often: it takes no
// quorum, so it is answered while an election goes on.
const (
	leaderEvery = 25 * time.Millisecond
	healthEvery = 100 * time.Millisecond
	podEvery    = 250 * time.Millisecond
	lookLimit   = time.Second
)

// sighting is one answer of one member, or one look at the target's pod.
type sighting struct {
	member  string
	at      time.Time // when it was asked: what it says is no older
	health  *report.Member
	leader  *etcd.Leadership
	pod     string // UID
	missing bool   // of the pod
}

// situation is what is known of the cluster while it recovers.
type situation struct {
	down    map[string]bool
	health  map[string]report.Member
	leaders map[string]etcd.Leadership
	newPod  bool
	renewed time.Time // when the new pod was first seen
	elected bool
}

// watch follows the cluster from the fault until all is well again or time is up, and notes each change. That it did
// not recover is for the verdict to say.
func (r *run) watch(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, r.limit)
	seen := make(chan sighting)
	var looking sync.WaitGroup
	defer looking.Wait()
	defer cancel()
	for _, m := range r.view.Members {
		looking.Go(func() {
			repeat(limited, leaderEvery, seen, func(ctx context.Context) (sighting, bool) { return askLeader(ctx, m) })
		})
		looking.Go(func() {
			repeat(limited, healthEvery, seen, func(ctx context.Context) (sighting, bool) { return askHealth(ctx, m) })
		})
	}
	looking.Go(func() { repeat(limited, podEvery, seen, r.askPod) })

	tick := time.NewTicker(healthEvery)
	defer tick.Stop()
	now := situation{down: map[string]bool{}, health: map[string]report.Member{}, leaders: map[string]etcd.Leadership{}}
	for !r.recovered(now) {
		select {
		case s := <-seen:
			r.take(&now, s)
		case <-tick.C:
			r.env.Progress.Live(r.live(now)...)
		case <-limited.Done():
			r.env.Progress.Live()
			return context.Cause(ctx) // nil where only the recovery's own time is up
		}
	}
	r.env.Progress.Live()
	healthy := time.Since(r.struck)
	r.evidence.Healthy = &healthy
	r.event("every member is healthy")
	return nil
}

// repeat looks again and again, and hands over what was seen.
func repeat(ctx context.Context, every time.Duration, seen chan<- sighting, look func(context.Context) (sighting, bool)) {
	for {
		asked, cancel := context.WithTimeout(ctx, lookLimit)
		s, ok := look(asked)
		cancel()
		if ok {
			select {
			case seen <- s:
			case <-ctx.Done():
			}
		}
		if pause(ctx, every) != nil {
			return
		}
	}
}

func askLeader(ctx context.Context, m etcd.Member) (sighting, bool) {
	s := sighting{member: m.Name, at: time.Now()}
	l, err := m.Leadership(ctx)
	s.leader = &l
	return s, err == nil
}

func askHealth(ctx context.Context, m etcd.Member) (sighting, bool) {
	s := sighting{member: m.Name, at: time.Now()}
	for _, row := range etcd.Status(ctx, []etcd.Member{m}, lookLimit).Members {
		if row.Name == m.Name {
			s.health = &row
			return s, ctx.Err() == nil || !row.Healthy
		}
	}
	return s, false
}

func (r *run) askPod(ctx context.Context) (sighting, bool) {
	s := sighting{member: r.scene.Target, at: time.Now()}
	place, _ := r.scene.Cluster.Member(r.scene.Target)
	pod, err := r.env.Kube.CoreV1().Pods(r.env.Namespace).Get(ctx, place.PodName, metav1.GetOptions{})
	if err != nil {
		s.missing = true
		return s, ctx.Err() == nil
	}
	s.pod = string(pod.UID)
	return s, true
}

// take adds a sighting, and puts on the timeline what is new in it.
func (r *run) take(now *situation, s sighting) {
	switch {
	case s.leader != nil:
		r.takeLeader(now, s)
	case s.health != nil:
		r.takeHealth(now, s)
	case s.pod != "" && s.pod != r.evidence.PodsBefore[s.member] && !now.newPod:
		now.newPod, now.renewed = true, time.Now()
		r.event("%s has a new pod", s.member)
	}
}

func (r *run) takeLeader(now *situation, s sighting) {
	now.leaders[s.member] = *s.leader
	before := r.evidence.Before
	name := r.nameOf(s.leader.Leader)
	// A term has one leader, so a new one comes with a new term. A member's answer can have the new leader beside the
	// old term: it reads the two one after the other (server/etcdserver/api/v3rpc/maintenance.go).
	if now.elected || name == "" || s.leader.Term <= before.Term {
		return
	}
	now.elected = true
	after := time.Since(r.struck)
	r.evidence.NewLeader = &after
	r.event("%s leads, term %d", name, s.leader.Term)
}

func (r *run) takeHealth(now *situation, s sighting) {
	if r.fault.Expect.NewPod && s.member == r.scene.Target && s.health.Healthy && now.newPod && s.at.Before(now.renewed) {
		return // the old pod's last word
	}
	now.health[s.member] = *s.health
	switch {
	case !s.health.Healthy && !now.down[s.member]:
		now.down[s.member] = true
		r.event("%s is down: %s", s.member, s.health.Error)
	case s.health.Healthy && now.down[s.member]:
		now.down[s.member] = false
		r.event("%s is healthy", s.member)
	}
}

// recovered reports whether what the fault must bring about has come and every member is well and names one leader.
func (r *run) recovered(now situation) bool {
	if (r.fault.Expect.NewPod && !now.newPod) || (r.fault.Expect.NewLeader && !now.elected) {
		return false
	}
	for _, m := range r.view.Members {
		h, l := now.health[m.Name], now.leaders[m.Name]
		if !h.Healthy || l.Leader == "" || l != now.leaders[r.view.Members[0].Name] {
			return false
		}
	}
	return true
}

// live shows the cluster as it is now, one line a member.
func (r *run) live(now situation) []string {
	var lines []string
	for _, m := range r.view.Members {
		h, seen := now.health[m.Name]
		text := "not asked yet"
		switch {
		case seen && h.Healthy:
			text = string(h.Role) + ", healthy"
		case seen:
			text = "down: " + h.Error
		}
		lines = append(lines, fmt.Sprintf("%s: %s", m.Name, text))
	}
	if r.env.Progress.Animated() {
		lines = append(lines, "writes: "+r.probe.counts())
	}
	return lines
}

func (r *run) nameOf(id string) string {
	for _, m := range r.evidence.Before.Members {
		if m.ID == id {
			return m.Name
		}
	}
	return ""
}
