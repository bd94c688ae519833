package history

import (
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Expectation is what a fault must bring about for the drill to have tested anything, and what it is allowed to.
type Expectation struct {
	NewLeader  bool `json:"newLeader,omitempty"`  // another member leads, or the same one in a later term
	SameLeader bool `json:"sameLeader,omitempty"` // the leader goes on in its term
	NewPod     bool `json:"newPod,omitempty"`     // the targets' pods are made anew
	Restart    bool `json:"restart,omitempty"`    // the target's container is started again in its pod
	NewMember  bool `json:"newMember,omitempty"`  // the target has another member ID afterwards
	Outage     bool `json:"outage,omitempty"`     // no write is acknowledged for a while
}

// Budgets bound what a drill may show; zero is no bound.
type Budgets struct {
	WriteGap time.Duration `json:"writeGap,omitempty"`
	ReadGap  time.Duration `json:"readGap,omitempty"`
	Recovery time.Duration `json:"recovery,omitempty"`
}

// Pod is what tells whether a member's etcd was started anew.
type Pod struct {
	UID       string `json:"uid"`
	Container string `json:"container,omitempty"` // the ID of the container that runs etcd
	Restarts  int32  `json:"restarts"`
}

// Reign is a leader in its term.
type Reign struct {
	Leader string        `json:"leader"`
	Term   uint64        `json:"term"`
	At     time.Duration `json:"at"`            // when anybody was first seen to follow it
	Led    time.Duration `json:"led,omitempty"` // when it was last asked and said itself that it leads, before another one was seen to
}

// Interval is a time from the start of the probe to another.
type Interval struct {
	From time.Duration `json:"from"`
	To   time.Duration `json:"to"`
	Why  string        `json:"why,omitempty"`
}

// Length is how long it is.
func (i Interval) Length() time.Duration { return i.To - i.From }

// Overlaps reports whether the two have a moment in common.
func (i Interval) Overlaps(other Interval) bool { return i.From <= other.To && other.From <= i.To }

// Watch is what is known of the watch itself.
type Watch struct {
	From  int64  `json:"from"`            // the first revision that it was asked to tell
	To    int64  `json:"to"`              // the last one that it is known to have passed
	Lost  string `json:"lost,omitempty"`  // why it could not go on, or what it could not tell
	Again int    `json:"again,omitempty"` // how often it was opened again
}

// Record is all that a drill recorded.
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

	Span     time.Duration  `json:"span"`             // how long the probe ran
	FaultAt  time.Duration  `json:"faultAt"`          // when the fault struck
	FaultEnd time.Duration  `json:"faultEnd"`         // from when on the recovery counts: later than FaultAt for a fault that lasts
	Failed   string         `json:"failed,omitempty"` // why the fault was not carried through, once it had begun
	Healthy  *time.Duration `json:"healthy"`          // when all was well again; absent where it was not
	Reigns   []Reign        `json:"reigns"`           // the one from before the fault is the first
	Outages  []Interval     `json:"outages"`          // in which the API server did not answer
	Watch    Watch          `json:"watch"`
	Hashes   []report.MemberHash
	Revision int64               `json:"revision"` // at which all members were read and hashed
	Timeline []report.DrillEvent `json:"timeline"`
	Left     []string            `json:"left"` // what could not be undone
	Notes    []string            `json:"notes"`

	Marker     Operation        `json:"marker"` // a single write, before everything
	Operations []Operation      `json:"-"`
	Events     []Event          `json:"-"`
	Stores     map[string]Store `json:"-"` // by member
}

// Recovery is how long it took until all was well again; ok says whether it was.
func (r *Record) Recovery() (took time.Duration, ok bool) {
	if r.Healthy == nil {
		return 0, false
	}
	return max(0, *r.Healthy-max(r.FaultAt, r.FaultEnd)), true
}

// Recovered is when all was well again, or the end of the probe where it was not.
func (r *Record) Recovered() time.Duration {
	if r.Healthy == nil {
		return r.Span
	}
	return *r.Healthy
}
