package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type drillSeriesDocument struct{ report.DrillSeries }

// DrillSeries draws report.DrillSeries.
func DrillSeries(d report.DrillSeries) Document { return drillSeriesDocument{d} }

// Sections implements Document: the summary, the reasons of each failed round, the distributions of each fault.
func (d drillSeriesDocument) Sections(wide bool) []Section {
	sections := []Section{{Lines: d.summary()}}
	for _, s := range []Section{d.failures(), d.faultSection(wide)} {
		if len(s.Lines)+len(s.Rows) > 0 {
			sections = append(sections, s)
		}
	}
	if wide {
		sections = append(sections, d.roundSection())
	}
	return sections
}

// SeriesHeadline returns a series of drills in one sentence.
func SeriesHeadline(d report.DrillSeries) string { return drillSeriesDocument{d}.headline() }

func (d drillSeriesDocument) headline() string {
	passed, acknowledged, lost := d.Totals()
	text := fmt.Sprintf("%s of %s passed; ", count(passed), counted(len(d.Rounds), "round", "rounds"))
	if lost > 0 {
		return text + fmt.Sprintf("%s of %s acknowledged writes are LOST", count(lost), count(acknowledged))
	}
	return text + fmt.Sprintf("of %s acknowledged writes, none is known to be lost", count(acknowledged))
}

func (d drillSeriesDocument) summary() [][]Cell {
	lines := [][]Cell{
		{{Text: "Verdict:"}, State(d.Verdict+": "+d.headline(), d.Verdict == report.Pass)},
		Text("Cluster:", d.Namespace+"/"+d.Cluster),
	}
	if run := len(d.Rounds); run < d.Planned {
		lines = append(lines, []Cell{{Text: "Rounds:"}, {Text: fmt.Sprintf("%s of %s that were planned", count(run), count(d.Planned)), Level: Warn}})
	}
	left := 0
	for _, r := range d.Rounds {
		left += len(r.Left)
	}
	if left > 0 {
		lines = append(lines, Text("Left behind:", fmt.Sprintf("%s, unless a later round removed them (see -o json)", counted(left, "thing", "things"))))
	}
	if d.Seed != 0 {
		lines = append(lines, Text("Seed:", strconv.FormatUint(d.Seed, 10)))
	}
	return lines
}

// failures lists the reasons of each failed round, and the series' reasons that are not of a round.
func (d drillSeriesDocument) failures() Section {
	s := Section{Title: "Not met:", Level: Bad}
	var reported []string
	for _, r := range d.Rounds {
		if r.Verdict == report.Pass {
			continue
		}
		name := fmt.Sprintf("  round %d, %s", r.Round, r.Fault)
		if len(r.Targets) > 0 {
			name += " at " + strings.Join(r.Targets, " and ")
		}
		reasons := r.Reasons
		if len(reasons) == 0 {
			reasons = []string{r.Verdict}
		}
		reported = append(reported, reasons...)
		s.Lines = append(s.Lines, block(Cell{Text: name, Level: Bad}, reasons, "")...)
	}
	for _, reason := range d.Reasons {
		if !slices.ContainsFunc(reported, func(text string) bool { return strings.Contains(reason, text) }) {
			s.Lines = append(s.Lines, []Cell{{Text: "  the series", Level: Bad}, {Text: reason}})
		}
	}
	return s
}

func (d drillSeriesDocument) faultSection(wide bool) Section {
	whole, shown, of := " MIN/P50/P90/MAX", shortSummary, " P50/MAX"
	if wide {
		shown, of = fullSummary, whole
	}
	s := Section{Header: []string{"FAULT", "ROUNDS", "PASSED", "ACKNOWLEDGED", "LOST", "WRITE GAP" + whole, "READ GAP" + of, "NEW LEADER" + of, "HEALTHY" + of}}
	for _, f := range d.Faults {
		row := Text(f.Fault, count(f.Rounds), "", count(f.Acknowledged), "", fullSummary(f.WriteGap), shown(f.ReadGap), shown(f.NewLeader), shown(f.Healthy))
		row[2], row[4] = State(count(f.Passed), f.Passed == f.Rounds), State(count(f.Lost), f.Lost == 0)
		s.Rows = append(s.Rows, row)
	}
	return s
}

func fullSummary(s report.Summary) string { return summaryText(s, s.Min, s.P50, s.P90, s.Max) }

func shortSummary(s report.Summary) string { return summaryText(s, s.P50, s.Max) }

func summaryText(s report.Summary, seconds ...float64) string {
	if s.Count == 0 {
		return "-"
	}
	texts := make([]string, len(seconds))
	for i, v := range seconds {
		texts[i] = secondsText(v)
	}
	return strings.Join(texts, " / ")
}

func secondsText(s float64) string { return report.Millis(time.Duration(s * float64(time.Second))) }

func (d drillSeriesDocument) roundSection() Section {
	s := Section{Header: []string{"ROUND", "FAULT", "HIT", "VERDICT", "ACKNOWLEDGED", "AMBIGUOUS", "LOST", "WRITE GAP", "READ GAP", "NEW LEADER", "HEALTHY", "ELECTIONS", "LINEARIZABLE"}}
	orNone := func(v *float64) string {
		if v == nil {
			return "-"
		}
		return secondsText(*v)
	}
	for _, r := range d.Rounds {
		row := Text(strconv.Itoa(r.Round), r.Fault, orDash(strings.Join(r.Targets, ",")), "", count(r.Writes.Acknowledged), count(r.Writes.Ambiguous), "",
			secondsText(r.LongestWriteGapSeconds), secondsText(r.LongestReadGapSeconds), orNone(r.TimeToNewLeaderSeconds), orNone(r.TimeToHealthySeconds),
			strconv.Itoa(r.Elections), "")
		row[3], row[6] = State(r.Verdict, r.Verdict == report.Pass), State(count(r.Writes.Lost), r.Writes.Lost == 0)
		row[12] = State(choose(r.Linearizable, "yes", "no"), r.Linearizable)
		s.Rows = append(s.Rows, row)
	}
	return s
}
