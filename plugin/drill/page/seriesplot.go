package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// seriesPlot is the data of the plot of a series: a point for each round.
type seriesPlot struct {
	Kind   string    `json:"kind"` // series
	Faults []string  `json:"faults"`
	Round  []int     `json:"round"`
	Millis []float64 `json:"ms"`
	Fault  []int     `json:"fault"` // index in Faults
	Failed []bool    `json:"failed"`
	Text   []string  `json:"text"`
}

func newSeriesPlot(s report.DrillSeries) seriesPlot {
	p := seriesPlot{Kind: "series", Faults: []string{}, Round: []int{}, Millis: []float64{}, Fault: []int{}, Failed: []bool{}, Text: []string{}}
	for _, r := range s.Rounds {
		at := slices.Index(p.Faults, r.Fault)
		if at < 0 {
			at = len(p.Faults)
			p.Faults = append(p.Faults, r.Fault)
		}
		text := fmt.Sprintf("round %d: %s", r.Round, r.Fault)
		if len(r.Targets) > 0 {
			text += " at " + strings.Join(r.Targets, " and ")
		}
		p.Round = append(p.Round, r.Round)
		p.Millis = append(p.Millis, rounded(1000*r.LongestWriteGapSeconds))
		p.Fault = append(p.Fault, at)
		p.Failed = append(p.Failed, r.Verdict != report.Pass)
		p.Text = append(p.Text, strings.Join(append([]string{text, r.Verdict}, r.Reasons...), "\n"))
	}
	return p
}
