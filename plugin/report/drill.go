package report

import (
	"slices"
	"time"
)

// The verdicts of a drill.
const (
	Pass = "pass"
	Fail = "fail"
)

// Drill is the report of one drill.
type Drill struct {
	Head
	Fault        string   `json:"fault"`
	Targets      []string `json:"targets"`          // the members that the fault was injected at
	Struck       string   `json:"struck,omitempty"` // the fault as a clause: "the leader etcd-1 was killed"
	Began        string   `json:"began"`            // RFC 3339
	Verdict      string   `json:"verdict"`          // pass or fail
	Reasons      []string `json:"reasons"`          // why the drill did not pass
	LeaderBefore string   `json:"leaderBefore"`
	LeaderAfter  string   `json:"leaderAfter"`
	TermBefore   uint64   `json:"termBefore"`
	TermAfter    uint64   `json:"termAfter"`
	Elections    int      `json:"elections"` // terms after TermBefore in which a leader was observed

	Writes          Writes            `json:"writes"` // of unique keys, and compare-and-swaps of registers
	Reads           Reads             `json:"reads"`  // linearizable and serializable ones
	Operations      []DrillOperations `json:"operations"`
	Linearizable    bool              `json:"linearizable"`    // whether the registers' history is
	Linearizability string            `json:"linearizability"` // ok, illegal, or unknown
	Watch           DrillWatch        `json:"watch"`

	LongestWriteGap        string  `json:"longestWriteGap"` // in which no member acknowledged a write
	LongestWriteGapSeconds float64 `json:"longestWriteGapSeconds"`
	LongestReadGap         string  `json:"longestReadGap"` // in which no member served a linearizable read
	LongestReadGapSeconds  float64 `json:"longestReadGapSeconds"`
	TimeToNewLeader        string  `json:"timeToNewLeader,omitempty"`
	TimeToNewLeaderSeconds float64 `json:"timeToNewLeaderSeconds,omitempty"`
	TimeToHealthy          string  `json:"timeToHealthy,omitempty"`
	TimeToHealthySeconds   float64 `json:"timeToHealthySeconds,omitempty"`

	Budgets      []DrillBudget  `json:"budgets"`
	Latencies    []DrillLatency `json:"latencies"`
	Prober       Prober         `json:"prober"`
	HashMatch    bool           `json:"hashMatch"`
	HashRevision int64          `json:"hashRevision,omitempty"`
	Members      []DrillMember  `json:"members"`
	Timeline     []DrillEvent   `json:"timeline"`
	Left         []string       `json:"left,omitempty"` // what the drill could not undo
	Notes        []string       `json:"notes,omitempty"`
}

// Writes counts the probe's writes by outcome.
type Writes struct {
	Attempted    int      `json:"attempted"`
	Acknowledged int      `json:"acknowledged"`
	Ambiguous    int      `json:"ambiguous"` // an error after the write was sent: it may have been applied
	NotDone      int      `json:"notDone"`   // compare-and-swaps that etcd answered without writing, as the comparison failed
	Failed       int      `json:"failed"`    // definitely not applied
	Lost         int      `json:"lost"`      // acknowledged, but missing on a member afterwards
	LostKeys     []string `json:"lostKeys,omitempty"`
}

// Reads counts the probe's reads by outcome.
type Reads struct {
	Attempted    int `json:"attempted"`
	Acknowledged int `json:"acknowledged"`
	Failed       int `json:"failed"`
}

// DrillOperations counts the operations of one kind: write, cas, read or serializable.
type DrillOperations struct {
	Kind         string `json:"kind"`
	Attempted    int    `json:"attempted"`
	Acknowledged int    `json:"acknowledged"` // those of write and cas add up to the acknowledged writes
	NotDone      int    `json:"notDone"`      // compare-and-swaps that etcd answered without writing, as the comparison failed
	Ambiguous    int    `json:"ambiguous"`
	Failed       int    `json:"failed"`
}

// DrillWatch is the result of the probe's watch.
type DrillWatch struct {
	Events   int  `json:"events"`
	Complete bool `json:"complete"` // every event came exactly once and in order
	Reopened int  `json:"reopened"`
}

// DrillBudget is a limit that the user set, with the measured value.
type DrillBudget struct {
	Name            string  `json:"name"` // writeGap, readGap or recovery
	Limit           string  `json:"limit"`
	LimitSeconds    float64 `json:"limitSeconds"`
	Measured        string  `json:"measured"`
	MeasuredSeconds float64 `json:"measuredSeconds"`
	Held            bool    `json:"held"`
}

// DrillLatency is the latency of acknowledged operations in a phase: before, during or after the fault.
type DrillLatency struct {
	Phase      string  `json:"phase"`
	Kind       string  `json:"kind"` // writes, reads or serializable
	Count      int     `json:"count"`
	P50        string  `json:"p50"`
	P50Seconds float64 `json:"p50Seconds"`
	P99        string  `json:"p99"`
	P99Seconds float64 `json:"p99Seconds"`
	Max        string  `json:"max"`
	MaxSeconds float64 `json:"maxSeconds"`
}

// Prober measures the probe itself. What it measures while it is late or cut off is no measurement of etcd.
type Prober struct {
	Rate           int     `json:"ratePerSecond"` // as requested
	Clients        int     `json:"clients"`
	Achieved       float64 `json:"achievedPerSecond"`
	Latest         string  `json:"latest"` // the furthest that it fell behind its schedule
	LatestSeconds  float64 `json:"latestSeconds"`
	CutOff         string  `json:"cutOff"` // how long its connection to etcd was broken while etcd was healthy
	CutOffSeconds  float64 `json:"cutOffSeconds"`
	CutOffBecause  string  `json:"cutOffBecause,omitempty"`
	ServerFailures int     `json:"apiServerOutages"` // how often the API server did not answer
}

// DrillMember is what the drill found on one member.
type DrillMember struct {
	Name                   string  `json:"name"`
	Target                 bool    `json:"target"`
	Healthy                bool    `json:"healthy"`
	NewPod                 bool    `json:"newPod"`
	Restarts               int32   `json:"restarts"` // of its container within its pod
	Marker                 bool    `json:"marker"`   // the key written before the fault is in the member's own store
	WritesFound            int     `json:"writesFound"`
	WritesLost             int     `json:"writesLost"`
	Hash                   string  `json:"hash,omitempty"`
	LongestWriteGap        string  `json:"longestWriteGap"` // in which this member acknowledged none of the writes sent to it
	LongestWriteGapSeconds float64 `json:"longestWriteGapSeconds"`
	Error                  string  `json:"error,omitempty"`
}

// DrillEvent is an event in the drill's timeline. Its time is relative to the fault.
type DrillEvent struct {
	After        string  `json:"after"`
	AfterSeconds float64 `json:"afterSeconds"`
	Event        string  `json:"event"`
}

// MemberHash is the hash of a member's store at a revision, or the error from reading it.
type MemberHash struct {
	Member          string `json:"member"`
	Hash            string `json:"hash,omitempty"`
	CompactRevision int64  `json:"compactRevision,omitempty"`
	Error           string `json:"error,omitempty"`
}

// NewDrillEvent returns an event; after is relative to the fault, negative before it.
func NewDrillEvent(after time.Duration, text string) DrillEvent {
	return DrillEvent{After: Millis(after.Round(time.Millisecond)), AfterSeconds: after.Seconds(), Event: text}
}

// Names returns what -o name prints.
func (d Drill) Names() []string { return []string{"drill/" + d.Fault} }

// Kept reports whether every acknowledged write was found on every member.
func (d Drill) Kept() bool {
	written := 0
	for _, o := range d.Operations {
		if o.Kind == "write" {
			written = o.Acknowledged
		}
	}
	short := func(m DrillMember) bool { return !m.Marker || m.WritesLost > 0 || m.WritesFound < written }
	return d.Writes.Lost == 0 && d.Writes.Acknowledged > 0 && len(d.Members) > 0 && !slices.ContainsFunc(d.Members, short)
}

const (
	// minOutageSeconds is the shortest gap between answers that counts as an outage. At a low rate of the probe, shorter
	// gaps are normal.
	minOutageSeconds = 0.1
	// maxLateSeconds is how far the probe may fall behind its schedule without a warning. Its deadlines are of that order.
	maxLateSeconds = 0.3
	// minRateShare is the share of its rate that the probe has to reach to pass without a warning.
	minRateShare = 0.95
)

// Outage reports whether clients could not write for longer than the usual gap between two answers.
func (d Drill) Outage() bool { return d.LongestWriteGapSeconds >= minOutageSeconds }

// Behind reports whether the probe was too late or too slow for its figures to be reliable.
func (p Prober) Behind() bool {
	return p.LatestSeconds > maxLateSeconds || p.Achieved < minRateShare*float64(p.Rate)
}
