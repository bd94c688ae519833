package report

// DrillSeries is the result of several drills in a row, of one or more faults.
type DrillSeries struct {
	Head
	Verdict string              `json:"verdict"` // pass if every round passed
	Reasons []string            `json:"reasons"`
	Seed    uint64              `json:"seed,omitempty"` // of the random order of the faults; 0 if the order is not random
	Planned int                 `json:"planned"`        // rounds; fewer run if one fails or the series is interrupted
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

// DrillDistribution sums up the rounds of one fault in a series.
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

// Summary is a distribution in seconds. Count is the number of measurements: a fault that causes no election has none of
// the time to a new leader.
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

// Totals returns the number of rounds that passed, and the acknowledged and lost writes of all rounds.
func (d DrillSeries) Totals() (passed, acknowledged, lost int) {
	for _, r := range d.Rounds {
		if r.Verdict == Pass {
			passed++
		}
		acknowledged, lost = acknowledged+r.Writes.Acknowledged, lost+r.Writes.Lost
	}
	return passed, acknowledged, lost
}
