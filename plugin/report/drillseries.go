package report

// DrillSeries is what several drills in a row, and over several faults, found.
type DrillSeries struct {
	Head
	Verdict string              `json:"verdict"` // pass where every round's is
	Reasons []string            `json:"reasons"`
	Seed    uint64              `json:"seed,omitempty"` // of the order of the faults, where that was drawn
	Planned int                 `json:"planned"`        // rounds; fewer were run where one failed or the series was interrupted
	Faults  []DrillDistribution `json:"faults"`
	Rounds  []DrillRound        `json:"rounds"`
}

// DrillRound is the outcome of one drill of a series.
type DrillRound struct {
	Round        int      `json:"round"`
	Fault        string   `json:"fault"`
	Targets      []string `json:"targets"`
	Verdict      string   `json:"verdict"`
	Reasons      []string `json:"reasons"`
	Writes       Writes   `json:"writes"`
	Reads        Reads    `json:"reads"`
	Linearizable bool     `json:"linearizable"`
	Elections    int      `json:"elections"`
	Left         []string `json:"left,omitempty"` // what the drill could not undo

	LongestWriteGapSeconds float64  `json:"longestWriteGapSeconds"`
	LongestReadGapSeconds  float64  `json:"longestReadGapSeconds"`
	TimeToNewLeaderSeconds *float64 `json:"timeToNewLeaderSeconds,omitempty"`
	TimeToHealthySeconds   *float64 `json:"timeToHealthySeconds,omitempty"`
}

// DrillDistribution is how one fault's rounds of a series were.
type DrillDistribution struct {
	Fault        string  `json:"fault"`
	Rounds       int     `json:"rounds"`
	Passed       int     `json:"passed"`
	Acknowledged int     `json:"acknowledged"` // writes
	Ambiguous    int     `json:"ambiguous"`
	Lost         int     `json:"lost"`
	WriteGap     Summary `json:"writeGap"`
	ReadGap      Summary `json:"readGap"`
	NewLeader    Summary `json:"newLeader"`
	Healthy      Summary `json:"healthy"`
}

// Summary is a distribution in seconds. Its counts are of what was measured: a fault that elects nobody has no times of
// new leaders.
type Summary struct {
	Count int     `json:"count"`
	Min   float64 `json:"minSeconds"`
	P50   float64 `json:"p50Seconds"`
	P90   float64 `json:"p90Seconds"`
	Max   float64 `json:"maxSeconds"`
}

// Names returns what -o name prints: the faults.
func (d DrillSeries) Names() []string {
	names := []string{}
	for _, f := range d.Faults {
		names = append(names, "drill/"+f.Fault)
	}
	return names
}

// Totals counts the rounds that passed, and the writes of all rounds.
func (d DrillSeries) Totals() (passed, acknowledged, lost int) {
	for _, r := range d.Rounds {
		if r.Verdict == Pass {
			passed++
		}
		acknowledged, lost = acknowledged+r.Writes.Acknowledged, lost+r.Writes.Lost
	}
	return passed, acknowledged, lost
}
