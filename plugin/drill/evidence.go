package drill

import (
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Class is what is known of a write's fate.
type Class int

// The classes: an error after a request was sent tells nothing about whether it was applied.
const (
	Acknowledged Class = iota
	Ambiguous
	Failed // certainly not applied
)

// Write is one write of the probe. Times count from the start of the probe, by the monotonic clock.
type Write struct {
	Key      string
	Value    string
	Member   string // whom it was sent to
	Due      time.Duration
	Sent     time.Duration
	Returned time.Duration
	Class    Class
	Error    string
}

// Store is what one member has in its own store below the drill's prefix, or why that could not be read.
type Store struct {
	Keys  map[string]string
	Error string
}

// Evidence is all that a drill recorded. The verdict is computed from it and from nothing else.
type Evidence struct {
	Fault  string
	Target string
	Expect Expectation
	Rate   int // writes a second that the probe had to send

	Before, After report.Status
	PodsBefore    map[string]string // member -> UID of its pod
	PodsAfter     map[string]string

	Span    time.Duration // how long the probe ran
	FaultAt time.Duration
	Writes  []Write

	NewLeader *time.Duration // from the fault until a member named a new leader; nil where none did
	Healthy   *time.Duration // from the fault until all was well again; nil where it was not

	Marker Write // a single write, before everything
	Stores map[string]Store
	Hashes []report.MemberHash // all at HashRevision

	HashRevision int64
	Timeline     []report.DrillEvent
	Notes        []string
}
