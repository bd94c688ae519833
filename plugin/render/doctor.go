package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type doctorDocument struct{ report.Doctor }

// Doctor draws report.Doctor.
func Doctor(d report.Doctor) Document { return doctorDocument{d} }

// Sections implements Document: the verdict, the checks that did not pass in full, then a line for each one that passed.
func (d doctorDocument) Sections(wide bool) []Section {
	sections := []Section{{Lines: [][]Cell{
		Text("Cluster:", d.Namespace+"/"+d.Cluster),
		{{Text: "Verdict:"}, {Text: d.counts(), Level: levelOf(d.Verdict)}},
	}}}
	if wide {
		return append(sections, d.table())
	}
	var failed, warned, open, passed []report.Check
	for _, same := range groups(d.Checks, byAdvice) {
		switch report.Worst(same) {
		case report.Fail:
			failed = append(failed, same...)
		case report.Caution:
			warned = append(warned, same...)
		case report.Unknown:
			open = append(open, same...)
		}
	}
	for _, check := range groups(d.Checks, byName) {
		if report.Worst(check) == report.Pass {
			passed = append(passed, check...)
		}
	}
	for _, s := range []Section{explained("Failed:", Bad, failed), explained("Warnings:", Warn, warned), evidenceMissing(open), passedSection(passed)} {
		if len(s.Lines) > 0 {
			sections = append(sections, s)
		}
	}
	return sections
}

// counts returns the verdict with the number of checks by result. A check of several members counts once, by its worst.
func (d doctorDocument) counts() string {
	count := map[report.Result]int{}
	for _, check := range groups(d.Checks, byName) {
		count[report.Worst(check)]++
	}
	texts := []string{}
	for _, r := range []struct {
		result report.Result
		text   string
	}{{report.Fail, "failed"}, {report.Caution, "with warnings"}, {report.Unknown, "unknown"}, {report.Pass, "passed"}} {
		if n := count[r.result]; n > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", n, r.text))
		}
	}
	return fmt.Sprintf("%s (checks: %s)", d.Verdict, strings.Join(texts, ", "))
}

func (d doctorDocument) table() Section {
	s := Section{Header: []string{"RESULT", "GROUP", "CHECK", "MEMBER", "FIGURE", "REASON", "REMEDY"}}
	for _, c := range d.Checks {
		remedy := strings.NewReplacer(":\n", ": ", "\n", "; ").Replace(c.Remedy)
		row := Text(string(c.Result), c.Group, c.Name, orDash(c.Member), orDash(c.Figure), orDash(c.Reason), orDash(remedy))
		row[0].Level = levelOf(c.Result)
		s.Rows = append(s.Rows, row)
	}
	return s
}

// explained gives each check's figures, reason and remedy. Members with the same reason and remedy share one entry.
func explained(title string, level Level, checks []report.Check) Section {
	s := Section{Title: title, Level: level}
	for _, same := range groups(checks, byAdvice) {
		texts := append(figures(same), same[0].Reason)
		if members := members(same); same[0].Figure == "" && members != "" {
			texts = []string{members + ": " + same[0].Reason}
		}
		s.Lines = append(s.Lines, block(Cell{Text: "  " + same[0].Name, Level: level}, texts, same[0].Remedy)...)
	}
	return s
}

// evidenceMissing lists the members that could not be read, the reason, and the checks that are unknown for it.
func evidenceMissing(checks []report.Check) Section {
	s := Section{Title: "Evidence missing:", Level: Warn}
	for _, same := range groups(checks, byReason) {
		who := "the cluster"
		if members := members(same); members != "" {
			who = members
		}
		var open []string
		for _, check := range groups(same, byName) {
			name := check[0].Name
			if check[0].Figure != "" {
				name += " (" + strings.Join(figures(check), "; ") + ")"
			}
			open = append(open, name)
		}
		s.Lines = append(s.Lines, block(Cell{Text: "  " + who, Level: Warn}, []string{same[0].Reason, "unknown: " + strings.Join(open, ", ")}, same[0].Remedy)...)
	}
	return s
}

// passedSection has one line for each check: the figure of all members, or of the worst one.
func passedSection(checks []report.Check) Section {
	s := Section{Title: "Passed:", Level: Good}
	for _, check := range groups(checks, byName) {
		text := check[0].Figure
		if len(groups(check, byFigure)) > 1 && check[0].Member != "" {
			text = fmt.Sprintf("%s (%s, the worst of %d)", text, check[0].Member, len(check))
		}
		s.Lines = append(s.Lines, []Cell{{Text: "  " + check[0].Name, Level: Good}, {Text: text}})
	}
	return s
}

// figures returns the figure of each member. Members with the same figure share one text.
func figures(checks []report.Check) []string {
	var texts []string
	for _, same := range groups(checks, byFigure) {
		text := same[0].Figure
		if members := members(same); members != "" && text != "" {
			text = members + ": " + text
		}
		texts = append(texts, text)
	}
	return texts
}

func byName(c report.Check) string { return c.Name }

func byFigure(c report.Check) string { return c.Figure }

func byReason(c report.Check) string { return c.Reason + "\n" + c.Remedy }

func byAdvice(c report.Check) string { return c.Name + "\n" + byReason(c) }

// groups groups checks by key, in the order in which the keys first occur.
func groups(checks []report.Check, key func(report.Check) string) [][]report.Check {
	at := map[string]int{}
	var found [][]report.Check
	for _, c := range checks {
		i, known := at[key(c)]
		if !known {
			i = len(found)
			at[key(c)] = i
			found = append(found, nil)
		}
		found[i] = append(found[i], c)
	}
	return found
}

// members returns the names of the checks' members, without duplicates.
func members(checks []report.Check) string {
	var names []string
	for _, c := range checks {
		if c.Member != "" && !slices.Contains(names, c.Member) {
			names = append(names, c.Member)
		}
	}
	return strings.Join(names, ", ")
}

func levelOf(r report.Result) Level {
	switch r {
	case report.Pass:
		return Good
	case report.Fail:
		return Bad
	}
	return Warn
}
