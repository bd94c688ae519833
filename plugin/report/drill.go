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

// Drill is what a drill did, measured and found.
type Drill struct {
	Head
	Fault        string   `json:"fault"`
	Targets      []string `json:"targets"`          // the members that were hit
	Struck       string   `json:"struck,omitempty"` // what was done, as a clause: "the leader etcd-1 was killed"
	Began        string   `json:"began"`            // RFC 3339
	Verdict      string   `json:"verdict"`          // pass or fail
	Reasons      []string `json:"reasons"`          // why it is not a pass
	LeaderBefore string   `json:"leaderBefore"`
	LeaderAfter  string   `json:"leaderAfter"`
	TermBefore   uint64   `json:"termBefore"`
	TermAfter    uint64   `json:"termAfter"`
	Elections    int      `json:"elections"` // leaders in their terms that were seen to follow one another

	Writes          Writes            `json:"writes"` // of keys of their own, and compare-and-swaps of registers
	Reads           Reads             `json:"reads"`  // linearizable ones and each member's own
	Operations      []DrillOperations `json:"operations"`
	Linearizable    bool              `json:"linearizable"`    // the registers' history is
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

// Writes counts the writes of the probe by what is known of them.
type Writes struct {
	Attempted    int      `json:"attempted"`
	Acknowledged int      `json:"acknowledged"`
	Ambiguous    int      `json:"ambiguous"` // an error after it was sent: applied or not, nobody knows
	NotDone      int      `json:"notDone"`   // compare-and-swaps that were answered, and not done
	Failed       int      `json:"failed"`    // certainly not applied
	Lost         int      `json:"lost"`      // acknowledged, and not on every member afterwards
	LostKeys     []string `json:"lostKeys,omitempty"`
}

// Reads counts the reads of the probe.
type Reads struct {
	Attempted    int `json:"attempted"`
	Acknowledged int `json:"acknowledged"`
	Failed       int `json:"failed"`
}

// DrillOperations counts the operations of one kind: write, cas, read or serializable.
type DrillOperations struct {
	Kind         string `json:"kind"`
	Attempted    int    `json:"attempted"`
	Acknowledged int    `json:"acknowledged"` // and done: those of write and cas add up to the acknowledged writes
	NotDone      int    `json:"notDone"`      // compare-and-swaps that were answered, and not done
	Ambiguous    int    `json:"ambiguous"`
	Failed       int    `json:"failed"`
}

// DrillWatch is what became of the watch.
type DrillWatch struct {
	Events   int  `json:"events"`
	Complete bool `json:"complete"` // it missed nothing, repeated nothing, and kept the order
	Reopened int  `json:"reopened"`
}

// DrillBudget is a bound that was set, and what was measured against it.
type DrillBudget struct {
	Name            string  `json:"name"` // writeGap, readGap or recovery
	Limit           string  `json:"limit"`
	LimitSeconds    float64 `json:"limitSeconds"`
	Measured        string  `json:"measured"`
	MeasuredSeconds float64 `json:"measuredSeconds"`
	Held            bool    `json:"held"`
}

// DrillLatency tells how long acknowledged operations took in a phase: before, during or after the fault.
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

// Prober is how the probe itself fared. What it measured while it was late, or cut off, says nothing of etcd.
type Prober struct {
	Rate           int     `json:"ratePerSecond"` // that was asked for
	Clients        int     `json:"clients"`
	Achieved       float64 `json:"achievedPerSecond"`
	Latest         string  `json:"latest"` // how far it fell behind its schedule at worst
	LatestSeconds  float64 `json:"latestSeconds"`
	CutOff         string  `json:"cutOff"` // how long its way to etcd was broken while etcd was well
	CutOffSeconds  float64 `json:"cutOffSeconds"`
	CutOffBecause  string  `json:"cutOffBecause,omitempty"`
	ServerFailures int     `json:"apiServerOutages"` // how often the API server did not answer
}

// DrillMember is what the drill found at one member.
type DrillMember struct {
	Name                   string  `json:"name"`
	Target                 bool    `json:"target"`
	Healthy                bool    `json:"healthy"`
	NewPod                 bool    `json:"newPod"`
	Restarts               int32   `json:"restarts"` // of its container within its pod
	Marker                 bool    `json:"marker"`   // the marker written before the fault is in the member's own store
	WritesFound            int     `json:"writesFound"`
	WritesLost             int     `json:"writesLost"`
	Hash                   string  `json:"hash,omitempty"`
	LongestWriteGap        string  `json:"longestWriteGap"` // in which this member acknowledged no write sent to it
	LongestWriteGapSeconds float64 `json:"longestWriteGapSeconds"`
	Error                  string  `json:"error,omitempty"`
}

// DrillEvent is a moment of the drill, counted from the fault.
type DrillEvent struct {
	After        string  `json:"after"`
	AfterSeconds float64 `json:"afterSeconds"`
	Event        string  `json:"event"`
}

// MemberHash is a member's hash of its store at a revision, or why there is none.
type MemberHash struct {
	Member          string `json:"member"`
	Hash            string `json:"hash,omitempty"`
	CompactRevision int64  `json:"compactRevision,omitempty"`
	Error           string `json:"error,omitempty"`
}

// NewDrillEvent returns an event at a time from the fault; negative is before it.
func NewDrillEvent(after time.Duration, text string) DrillEvent {
	return DrillEvent{After: Millis(after.Round(time.Millisecond)), AfterSeconds: after.Seconds(), Event: text}
}

// Names returns what -o name prints.
func (d Drill) Names() []string { return []string{"drill/" + d.Fault} }

// Kept reports whether every member was seen to have every acknowledged write.
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
	// pause is the shortest time without an answer that a client takes for an outage; at a low rate of the probe, shorter
	// ones are between any two answers.
	pause = 0.1
	// late is how far behind its schedule the probe may be, in seconds, before that is worth a warning: its deadlines are
	// of that order.
	late = 0.3
	// slow is the share of its rate below which the probe is worth a warning.
	slow = 0.95
)

// Outage reports whether clients could not write for longer than between any two answers.
func (d Drill) Outage() bool { return d.LongestWriteGapSeconds >= pause }

// Behind reports whether the probe was too late, or too slow, for its figures to be trusted.
func (p Prober) Behind() bool {
	return p.LatestSeconds > late || p.Achieved < slow*float64(p.Rate)
}
