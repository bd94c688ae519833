package render

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type drillDocument struct{ report.Drill }

// Drill draws report.Drill.
func Drill(d report.Drill) Document { return drillDocument{d} }

// shownLost is the number of lost keys that are listed without -o wide.
const shownLost = 20

// Sections implements Document: the summary, the reasons of a failed verdict, the figures, the members, the timeline.
func (d drillDocument) Sections(wide bool) []Section {
	sections := []Section{{Lines: d.summary()}}
	for _, s := range []Section{
		listSection("Not met:", Bad, d.Reasons), d.lostSection(wide), listSection("Left behind:", Warn, d.Left),
		d.operationSection(), d.latencySection(wide), d.memberSection(wide), d.timelineSection(), listSection("Notes:", Plain, d.Notes),
	} {
		if len(s.Lines)+len(s.Rows) > 0 {
			sections = append(sections, s)
		}
	}
	return sections
}

// DrillHeadline returns a drill in one sentence: the fault, the outage for clients, and whether data was lost.
func DrillHeadline(d report.Drill) string { return drillDocument{d}.headline() }

func (d drillDocument) headline() string {
	parts := []string{d.faultText(), d.outageText(), d.data()}
	if d.Linearizability == "illegal" {
		parts = append(parts, "clients got IMPOSSIBLE answers (the history is not linearizable)")
	}
	return strings.Join(parts, "; ")
}

func (d drillDocument) faultText() string {
	switch {
	case d.Struck != "":
		return d.Struck
	case len(d.Targets) == 0:
		return "fault " + d.Fault
	}
	return fmt.Sprintf("fault %s hit %s", d.Fault, strings.Join(d.Targets, " and "))
}

// outageText returns how long clients could not write, and whether the probe itself was cut off meanwhile.
func (d drillDocument) outageText() string {
	text := "clients could not write for " + d.LongestWriteGap
	if !d.Outage() {
		text = fmt.Sprintf("writes went on (longest pause %s)", orDash(d.LongestWriteGap))
	}
	if d.Prober.CutOffSeconds > 0 {
		text += fmt.Sprintf(" (the probe itself was cut off for %s)", d.Prober.CutOff)
	}
	return text
}

// data says whether acknowledged writes were lost. It claims that none was only if they were found on every member.
func (d drillDocument) data() string {
	switch n := count(d.Writes.Acknowledged); {
	case d.Writes.Lost > 0:
		return fmt.Sprintf("%s of %s acknowledged writes are LOST", count(d.Writes.Lost), n)
	case !d.Kept():
		return fmt.Sprintf("the drill did not show that the %s acknowledged writes are on all members", n)
	default:
		return fmt.Sprintf("all %s acknowledged writes are on all %d members", n, len(d.Members))
	}
}

// summary has a line for each main result, the verdict first.
func (d drillDocument) summary() [][]Cell {
	verdict := Cell{Text: d.Verdict + ": " + d.data(), Level: Good}
	if d.Verdict != report.Pass {
		verdict.Level = Bad
		if d.Writes.Lost == 0 {
			verdict.Text += choose(d.Kept(), ", but ", "; ") + counted(len(d.Reasons), "requirement was", "requirements were") + " not met"
		}
	}
	lines := [][]Cell{
		{{Text: "Verdict:"}, verdict},
		Text("Fault:", fmt.Sprintf("%s (drill %s on etcd cluster %s/%s, %s)", strings.TrimPrefix(d.faultText(), "fault "), d.Fault, d.Namespace, d.Cluster, orDash(d.Began))),
		{{Text: "Without writes:"}, d.withBudget("writeGap", orDash(d.LongestWriteGap)+" at most")},
		{{Text: "Without reads:"}, d.withBudget("readGap", orDash(d.LongestReadGap)+" at most, of linearizable ones")},
		{{Text: "Leader:"}, d.leader()},
		{{Text: "All healthy:"}, d.recovery()},
		{{Text: "Registers:"}, d.registers()},
		{{Text: "Watch:"}, d.watch()},
		{{Text: "Data:"}, d.hash()},
	}
	return append(lines, d.prober()...)
}

// withBudget appends to a measured value its limit, if the user set one, and whether it was held.
func (d drillDocument) withBudget(budget, text string) Cell {
	for _, b := range d.Budgets {
		switch {
		case b.Name != budget:
		case b.Held:
			return Cell{Text: fmt.Sprintf("%s (limit %s: held)", text, b.Limit), Level: Good}
		default:
			return Cell{Text: fmt.Sprintf("%s (limit %s: NOT held)", text, b.Limit), Level: Bad}
		}
	}
	return Cell{Text: text}
}

func (d drillDocument) leader() Cell {
	before, after := fmt.Sprintf("%s in term %d", orDash(d.LeaderBefore), d.TermBefore), fmt.Sprintf("%s in term %d", orDash(d.LeaderAfter), d.TermAfter)
	switch {
	case d.LeaderAfter == "":
		return Cell{Text: fmt.Sprintf("none at the end; before: %s", before), Level: Bad}
	case before == after:
		return Cell{Text: before + " throughout"}
	}
	text := fmt.Sprintf("%s, then %s (%s", before, after, counted(d.Elections, "election", "elections"))
	if d.TimeToNewLeader != "" {
		text += ", a new leader after " + d.TimeToNewLeader
	}
	return Cell{Text: text + ")"}
}

func (d drillDocument) recovery() Cell {
	if d.TimeToHealthy == "" {
		c := d.withBudget("recovery", "not again before the drill ended")
		c.Level = Bad
		return c
	}
	return d.withBudget("recovery", "after "+d.TimeToHealthy)
}

func (d drillDocument) registers() Cell {
	switch {
	case d.Linearizable:
		return Cell{Text: "linearizable: reads and compare-and-swaps fit one order", Level: Good}
	case d.Linearizability == "unknown":
		return Cell{Text: "unknown whether linearizable", Level: Bad}
	}
	return Cell{Text: "NOT linearizable: clients got impossible answers", Level: Bad}
}

func (d drillDocument) watch() Cell {
	text, again := count(d.Watch.Events)+" events", ""
	if d.Watch.Reopened > 0 {
		again = "; opened again " + counted(d.Watch.Reopened, "time", "times")
	}
	if d.Watch.Complete {
		return Cell{Text: text + ", every change once and in order" + again, Level: Good}
	}
	return Cell{Text: text + ", not shown to be every change once and in order" + again, Level: Bad}
}

func (d drillDocument) hash() Cell {
	if d.HashMatch {
		return Cell{Text: fmt.Sprintf("equal on all members at revision %d (HashKV)", d.HashRevision), Level: Good}
	}
	return Cell{Text: "not shown to be equal on all members", Level: Bad}
}

// prober shows how reliable the probe's figures are.
func (d drillDocument) prober() [][]Cell {
	p, level := d.Prober, Plain
	if p.Behind() {
		level = Warn
	}
	text := fmt.Sprintf("%.0f of %d operations/s by %s, at most %s late", p.Achieved, p.Rate, counted(p.Clients, "client", "clients"), orDash(p.Latest))
	lines := [][]Cell{{{Text: "Probe:"}, {Text: text, Level: level}}}
	if p.CutOffSeconds > 0 {
		text := p.CutOff + " in total, while etcd was healthy"
		if p.CutOffBecause != "" {
			text += ": " + p.CutOffBecause
		}
		lines = append(lines, []Cell{{Text: "Probe cut off:"}, {Text: text, Level: Warn}},
			[]Cell{{}, {Text: "a gap at that time is the probe's own broken connection, not an outage of etcd", Level: Warn}})
	}
	if p.ServerFailures > 0 {
		lines = append(lines, []Cell{{Text: "API server:"}, {Text: "did not answer " + counted(p.ServerFailures, "time", "times"), Level: Warn}})
	}
	return lines
}

func (d drillDocument) lostSection(wide bool) Section {
	keys := d.Writes.LostKeys
	if !wide {
		keys = keys[:min(len(keys), shownLost)]
	}
	s := listSection("Acknowledged but lost:", Bad, keys)
	if more := d.Writes.Lost - len(keys); more > 0 && len(keys) > 0 {
		s.Lines = append(s.Lines, Text(fmt.Sprintf("  and %s more", count(more))))
	}
	return s
}
