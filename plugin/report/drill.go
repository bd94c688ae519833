package report

import (
	"fmt"
	"strconv"
	"strings"
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
	Target       string   `json:"target"`
	Verdict      string   `json:"verdict"` // pass or fail
	Reasons      []string `json:"reasons"` // why it is not a pass
	LeaderBefore string   `json:"leaderBefore"`
	LeaderAfter  string   `json:"leaderAfter"`
	TermBefore   uint64   `json:"termBefore"`
	TermAfter    uint64   `json:"termAfter"`
	Writes       Writes   `json:"writes"`

	LongestWriteGap        string  `json:"longestWriteGap"` // in which no member acknowledged a write
	LongestWriteGapSeconds float64 `json:"longestWriteGapSeconds"`
	TimeToNewLeader        string  `json:"timeToNewLeader,omitempty"`
	TimeToNewLeaderSeconds float64 `json:"timeToNewLeaderSeconds,omitempty"`
	TimeToHealthy          string  `json:"timeToHealthy,omitempty"`
	TimeToHealthySeconds   float64 `json:"timeToHealthySeconds,omitempty"`

	HashMatch    bool          `json:"hashMatch"`
	HashRevision int64         `json:"hashRevision,omitempty"`
	Members      []DrillMember `json:"members"`
	Timeline     []DrillEvent  `json:"timeline"`
	Notes        []string      `json:"notes,omitempty"`
}

// Writes counts the writes of the probe by what is known of them.
type Writes struct {
	Rate         int      `json:"ratePerSecond"`
	Attempted    int      `json:"attempted"`
	Acknowledged int      `json:"acknowledged"`
	Ambiguous    int      `json:"ambiguous"` // an error after it was sent: applied or not, nobody knows
	Failed       int      `json:"failed"`    // certainly not applied
	Lost         int      `json:"lost"`      // acknowledged, and not on every member afterwards
	LostKeys     []string `json:"lostKeys,omitempty"`
}

// DrillMember is what the drill found at one member.
type DrillMember struct {
	Name                   string  `json:"name"`
	Healthy                bool    `json:"healthy"`
	NewPod                 bool    `json:"newPod"`
	Marker                 bool    `json:"marker"` // the marker written before the fault is in the member's own store
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

// Names implements Document.
func (d Drill) Names() []string { return []string{"drill/" + d.Fault} }

// Sections implements Document: the verdict, why, the figures, the members, how it went.
func (d Drill) Sections(bool) []Section {
	sections := []Section{{Lines: d.summary()}}
	if len(d.Reasons) > 0 {
		reasons := Section{Title: "Not held:"}
		for _, r := range d.Reasons {
			reasons.Lines = append(reasons.Lines, []Cell{{Text: "  " + r, Level: Bad}})
		}
		sections = append(sections, reasons)
	}
	sections = append(sections, d.memberSection(), d.timelineSection())
	if len(d.Notes) > 0 {
		notes := Section{Title: "Notes:"}
		for _, n := range d.Notes {
			notes.Lines = append(notes.Lines, Text("  "+n))
		}
		sections = append(sections, notes)
	}
	return sections
}

func (d Drill) summary() [][]Cell {
	w := d.Writes
	hash := Cell{Text: fmt.Sprintf("equal on all members at revision %d (HashKV)", d.HashRevision), Level: Good}
	if !d.HashMatch {
		hash = Cell{Text: "not shown to be equal on all members", Level: Bad}
	}
	return [][]Cell{
		Text("Drill:", fmt.Sprintf("%s, on etcd cluster %s/%s", d.Fault, d.Namespace, d.Cluster)),
		{{Text: "Verdict:"}, State(d.Verdict, d.Verdict == Pass)},
		Text("Led before:", fmt.Sprintf("%s, term %d", orDash(d.LeaderBefore), d.TermBefore)),
		Text("Leads now:", fmt.Sprintf("%s, term %d", orDash(d.LeaderAfter), d.TermAfter)),
		Text("New leader after:", orDash(d.TimeToNewLeader)),
		Text("All healthy after:", orDash(d.TimeToHealthy)),
		Text("Longest write gap:", fmt.Sprintf("%s over all members, at %d writes/s", d.LongestWriteGap, w.Rate)),
		Text("Writes:", fmt.Sprintf("%d attempted: %d acknowledged, %d ambiguous, %d failed", w.Attempted, w.Acknowledged, w.Ambiguous, w.Failed)),
		{{Text: "Acknowledged, lost:"}, State(strconv.Itoa(w.Lost), w.Lost == 0)},
		{{Text: "Data:"}, hash},
	}
}

func (d Drill) memberSection() Section {
	s := Section{Header: []string{"MEMBER", "HEALTH", "POD", "MARKER", "WRITES FOUND", "LOST", "OWN WRITE GAP", "HASH"}}
	for _, m := range d.Members {
		row := Text(m.Name, "", "same", "", strconv.Itoa(m.WritesFound), "", m.LongestWriteGap, orDash(m.Hash))
		row[1], row[3] = State(choose(m.Healthy, "ok", "down"), m.Healthy), State(choose(m.Marker, "found", "missing"), m.Marker)
		row[5] = State(strconv.Itoa(m.WritesLost), m.WritesLost == 0)
		if m.NewPod {
			row[2].Text = "new"
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func (d Drill) timelineSection() Section {
	s := Section{Title: "Timeline:"}
	for _, e := range d.Timeline {
		s.Lines = append(s.Lines, Text("  "+strings.Repeat(" ", max(0, 7-len(e.After)))+e.After, e.Event))
	}
	return s
}

// NewDrillEvent returns an event at a time from the fault; negative is before it.
func NewDrillEvent(after time.Duration, text string) DrillEvent {
	return DrillEvent{After: Millis(after.Round(time.Millisecond)), AfterSeconds: after.Seconds(), Event: text}
}

func choose(first bool, yes, no string) string {
	if first {
		return yes
	}
	return no
}
