package history

import (
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Expectation is what a fault must bring about, or else the drill has tested nothing, and what it may bring about.
type Expectation struct {
	NewLeader  bool `json:"newLeader,omitempty"`  // another member leads, or the same one in a later term
	SameLeader bool `json:"sameLeader,omitempty"` // the leader keeps leading in its term
	NewPod     bool `json:"newPod,omitempty"`     // the targets' pods are recreated
	Restart    bool `json:"restart,omitempty"`    // the target's container is restarted in its pod
	NewMember  bool `json:"newMember,omitempty"`  // the target has a new member ID afterwards
	Outage     bool `json:"outage,omitempty"`     // no write is acknowledged for a while
}

// Budgets are limits on what a drill measures. Zero means no limit.
type Budgets struct {
	WriteGap time.Duration `json:"writeGap,omitempty"`
	ReadGap  time.Duration `json:"readGap,omitempty"`
	Recovery time.Duration `json:"recovery,omitempty"`
}

// Pod identifies a member's pod and container, to detect a restart.
type Pod struct {
	UID       string `json:"uid"`
	Container string `json:"container,omitempty"` // the ID of the container that runs etcd
	Restarts  int32  `json:"restarts"`
}

// LeaderTerm is a leader and its term.
type LeaderTerm struct {
	Leader string        `json:"leader"`
	Term   uint64        `json:"term"`
	At     time.Duration `json:"at"`            // when a member was first observed to follow it
	Led    time.Duration `json:"led,omitempty"` // start of the last request that it answered as the leader, before the next leader was observed
}

// Interval is a period. Times count from the start of the probe.
type Interval struct {
	From time.Duration `json:"from"`
	To   time.Duration `json:"to"`
	Why  string        `json:"why,omitempty"`
}

// Length returns To - From.
func (i Interval) Length() time.Duration { return i.To - i.From }

// Overlaps reports whether the two intervals have a point in common.
func (i Interval) Overlaps(other Interval) bool { return i.From <= other.To && other.From <= i.To }

// Watch is the state of the watch.
type Watch struct {
	From  int64  `json:"from"`            // the first revision that it asked for
	To    int64  `json:"to"`              // the last revision that it is known to have passed
	Lost  string `json:"lost,omitempty"`  // why it ended early, or which revisions it missed
	Again int    `json:"again,omitempty"` // how often it was reopened
}

// Record is everything that a drill recorded.
type Record struct {
	report.Head
	Began   time.Time   `json:"began"` // by the wall clock
	Fault   string      `json:"fault"`
	Struck  string      `json:"struck"` // what was done, as a clause
	Targets []string    `json:"targets"`
	Expect  Expectation `json:"expect"`
	Rate    int         `json:"ratePerSecond"`
	Clients int         `json:"clients"`
	Budgets Budgets     `json:"budgets"`

	Before     report.Status  `json:"before"`
	After      report.Status  `json:"after"`
	PodsBefore map[string]Pod `json:"podsBefore"` // by member
	PodsAfter  map[string]Pod `json:"podsAfter"`

	Span        time.Duration  `json:"span"`             // how long the probe ran
	FaultAt     time.Duration  `json:"faultAt"`          // when the fault was injected
	FaultEnd    time.Duration  `json:"faultEnd"`         // when the recovery starts to count: later than FaultAt for a fault that lasts
	Failed      string         `json:"failed,omitempty"` // why the fault failed after it had begun
	Healthy     *time.Duration `json:"healthy"`          // when every member was healthy again; null if that was not observed
	LeaderTerms []LeaderTerm   `json:"leaderTerms"`      // the first is the one before the fault
	Outages     []Interval     `json:"outages"`          // of the API server
	Watch       Watch          `json:"watch"`
	Hashes      []report.MemberHash
	Revision    int64               `json:"revision"` // at which all members were read and hashed
	Timeline    []report.DrillEvent `json:"timeline"`
	Left        []string            `json:"left"` // what was left behind
	Notes       []string            `json:"notes"`

	Marker     Operation        `json:"marker"` // a single write before the probe started
	Operations []Operation      `json:"-"`
	Events     []Event          `json:"-"`
	Stores     map[string]Store `json:"-"` // by member
}

// Recovery returns how long it took until every member was healthy again. ok is false if that was not observed.
func (r *Record) Recovery() (took time.Duration, ok bool) {
	if r.Healthy == nil {
		return 0, false
	}
	return max(0, *r.Healthy-max(r.FaultAt, r.FaultEnd)), true
}

// Recovered returns when every member was healthy again, or the end of the probe if that was not observed.
func (r *Record) Recovered() time.Duration {
	if r.Healthy == nil {
		return r.Span
	}
	return *r.Healthy
}
