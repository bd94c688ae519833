package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
)

const (
	// pause is the shortest time without an answer that a client takes for an outage; at a low rate of the probe, shorter
	// ones are between any two answers.
	pause = 0.1
	// late is how far behind its schedule the probe may be, in seconds, before that is worth a warning: its deadlines are
	// of that order.
	late = 0.3
	// shownLost bounds the lost keys that are listed; wide lists all.
	shownLost = 20
)

// Names implements Document.
func (d Drill) Names() []string { return []string{"drill/" + d.Fault} }

// Sections implements Document: the verdict and what the fault cost, what was not held, the figures, the members, how it
// went.
func (d Drill) Sections(wide bool) []Section {
	sections := []Section{{Lines: d.summary()}}
	for _, s := range []Section{
		listed("Not held:", Bad, d.Reasons), d.lostSection(wide), listed("Left behind:", Warn, d.Left),
		d.operationSection(), d.latencySection(wide), d.memberSection(wide), d.timelineSection(), listed("Notes:", Plain, d.Notes),
	} {
		if len(s.Lines)+len(s.Rows) > 0 {
			sections = append(sections, s)
		}
	}
	return sections
}

// Headline tells a drill in one sentence: what was done, what clients felt, what became of the data.
func (d Drill) Headline() string {
	parts := []string{d.struck(), d.felt(), d.data()}
	if d.Linearizability == "illegal" {
		parts = append(parts, "clients were told what CANNOT BE (the history is not linearizable)")
	}
	return strings.Join(parts, "; ")
}

func (d Drill) struck() string {
	switch {
	case d.Struck != "":
		return d.Struck
	case len(d.Targets) == 0:
		return "fault " + d.Fault
	}
	return fmt.Sprintf("fault %s hit %s", d.Fault, strings.Join(d.Targets, " and "))
}

// felt says what clients felt, and when that may be the probe's own trouble.
func (d Drill) felt() string {
	text := "clients could not write for " + d.LongestWriteGap
	if d.LongestWriteGapSeconds < pause {
		text = fmt.Sprintf("writes went on (longest pause %s)", orDash(d.LongestWriteGap))
	}
	if d.Prober.CutOffSeconds > 0 {
		text += fmt.Sprintf(" (the probe itself was cut off for %s)", d.Prober.CutOff)
	}
	return text
}

// data says what became of the acknowledged writes. That all are there is said where each member was seen to have them.
func (d Drill) data() string {
	switch n := count(d.Writes.Acknowledged); {
	case d.Writes.Lost > 0:
		return fmt.Sprintf("%s of %s acknowledged writes are LOST", count(d.Writes.Lost), n)
	case !d.kept():
		return fmt.Sprintf("that the %s acknowledged writes are on all members was not shown", n)
	default:
		return fmt.Sprintf("all %s acknowledged writes are on all %d members", n, len(d.Members))
	}
}

// kept reports whether every member was seen to have every acknowledged write.
func (d Drill) kept() bool {
	written := 0
	for _, o := range d.Operations {
		if o.Kind == "write" {
			written = o.Acknowledged
		}
	}
	short := func(m DrillMember) bool { return !m.Marker || m.WritesLost > 0 || m.WritesFound < written }
	return d.Writes.Lost == 0 && d.Writes.Acknowledged > 0 && len(d.Members) > 0 && !slices.ContainsFunc(d.Members, short)
}

// summary is what matters most, the verdict first.
func (d Drill) summary() [][]Cell {
	verdict := Cell{Text: d.Verdict + ": " + d.data(), Level: Good}
	if d.Verdict != Pass {
		verdict.Level = Bad
		if d.Writes.Lost == 0 {
			verdict.Text += choose(d.kept(), ", but ", "; ") + counted(len(d.Reasons), "thing was", "things were") + " not held"
		}
	}
	lines := [][]Cell{
		{{Text: "Verdict:"}, verdict},
		Text("Fault:", fmt.Sprintf("%s (drill %s on etcd cluster %s/%s, %s)", strings.TrimPrefix(d.struck(), "fault "), d.Fault, d.Namespace, d.Cluster, orDash(d.Began))),
		{{Text: "Without writes:"}, d.within("writeGap", orDash(d.LongestWriteGap)+" at most")},
		{{Text: "Without reads:"}, d.within("readGap", orDash(d.LongestReadGap)+" at most, of linearizable ones")},
		{{Text: "Leader:"}, d.leader()},
		{{Text: "All healthy:"}, d.recovery()},
		{{Text: "Registers:"}, d.registers()},
		{{Text: "Watch:"}, d.watch()},
		{{Text: "Data:"}, d.hash()},
	}
	return append(lines, d.prober()...)
}

// within adds to what was measured the bound that was set for it, and whether that was held.
func (d Drill) within(budget, text string) Cell {
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

func (d Drill) leader() Cell {
	before, after := fmt.Sprintf("%s in term %d", orDash(d.LeaderBefore), d.TermBefore), fmt.Sprintf("%s in term %d", orDash(d.LeaderAfter), d.TermAfter)
	switch {
	case d.LeaderAfter == "":
		return Cell{Text: fmt.Sprintf("none at the end; before: %s", before), Level: Bad}
	case before == after:
		return Cell{Text: before + " all along"}
	}
	text := fmt.Sprintf("%s, then %s (%s", before, after, counted(d.Elections, "election", "elections"))
	if d.TimeToNewLeader != "" {
		text += ", a new leader after " + d.TimeToNewLeader
	}
	return Cell{Text: text + ")"}
}

func (d Drill) recovery() Cell {
	if d.TimeToHealthy == "" {
		c := d.within("recovery", "not again while the drill looked")
		c.Level = Bad
		return c
	}
	return d.within("recovery", "after "+d.TimeToHealthy)
}

func (d Drill) registers() Cell {
	switch {
	case d.Linearizable:
		return Cell{Text: "linearizable: reads and compare-and-swaps fit one order", Level: Good}
	case d.Linearizability == "unknown":
		return Cell{Text: "unknown whether linearizable", Level: Bad}
	}
	return Cell{Text: "NOT linearizable: clients were told what cannot be", Level: Bad}
}

func (d Drill) watch() Cell {
	text, again := count(d.Watch.Events)+" events", ""
	if d.Watch.Reopened > 0 {
		again = "; opened again " + counted(d.Watch.Reopened, "time", "times")
	}
	if d.Watch.Complete {
		return Cell{Text: text + ", every change once and in order" + again, Level: Good}
	}
	return Cell{Text: text + ", not shown to be every change once and in order" + again, Level: Bad}
}

func (d Drill) hash() Cell {
	if d.HashMatch {
		return Cell{Text: fmt.Sprintf("equal on all members at revision %d (HashKV)", d.HashRevision), Level: Good}
	}
	return Cell{Text: "not shown to be equal on all members", Level: Bad}
}

// prober tells how far its figures are to be trusted.
func (d Drill) prober() [][]Cell {
	p, level := d.Prober, Plain
	if p.LatestSeconds > late || p.Achieved < 0.95*float64(p.Rate) {
		level = Warn
	}
	text := fmt.Sprintf("%.0f of %d operations/s by %s, at most %s late", p.Achieved, p.Rate, counted(p.Clients, "client", "clients"), orDash(p.Latest))
	lines := [][]Cell{{{Text: "Probe:"}, {Text: text, Level: level}}}
	if p.CutOffSeconds > 0 {
		text := p.CutOff + " in all, while etcd was well"
		if p.CutOffBecause != "" {
			text += ": " + p.CutOffBecause
		}
		lines = append(lines, []Cell{{Text: "Probe cut off:"}, {Text: text, Level: Warn}},
			[]Cell{{}, {Text: "a gap of that time is the probe's own way to etcd, and no outage of etcd's", Level: Warn}})
	}
	if p.ServerFailures > 0 {
		lines = append(lines, []Cell{{Text: "API server:"}, {Text: "did not answer " + counted(p.ServerFailures, "time", "times"), Level: Warn}})
	}
	return lines
}

func (d Drill) lostSection(wide bool) Section {
	keys := d.Writes.LostKeys
	if !wide {
		keys = keys[:min(len(keys), shownLost)]
	}
	s := listed("Lost, though acknowledged:", Bad, keys)
	if more := d.Writes.Lost - len(keys); more > 0 && len(keys) > 0 {
		s.Lines = append(s.Lines, Text(fmt.Sprintf("  and %s more", count(more))))
	}
	return s
}

// listed is a text a line below a title.
func listed(title string, level Level, texts []string) Section {
	s := Section{Title: title, Level: level}
	for _, text := range texts {
		s.Lines = append(s.Lines, []Cell{{Text: "  " + text, Level: level}})
	}
	return s
}

func count(n int) string { return humanize.Comma(int64(n)) }

func counted(n int, one, many string) string { return count(n) + " " + choose(n == 1, one, many) }

func choose(first bool, yes, no string) string {
	if first {
		return yes
	}
	return no
}
