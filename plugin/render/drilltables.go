package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func (d drillDocument) operationSection() Section {
	s := Section{Header: []string{"OPERATION", "ATTEMPTED", "ACKNOWLEDGED", "NOT DONE", "AMBIGUOUS", "FAILED"}}
	for _, o := range d.Operations {
		s.Rows = append(s.Rows, Text(o.Kind, count(o.Attempted), count(o.Acknowledged), count(o.NotDone), count(o.Ambiguous), count(o.Failed)))
	}
	return s
}

// latencySection has a row for each kind of operation and a column for each phase.
func (d drillDocument) latencySection(wide bool) Section {
	s := Section{Header: []string{"P50/P99/MAX"}}
	var phases, kinds []string
	for _, l := range d.Latencies {
		if !slices.Contains(phases, l.Phase) {
			phases = append(phases, l.Phase)
		}
		if !slices.Contains(kinds, l.Kind) {
			kinds = append(kinds, l.Kind)
		}
	}
	for _, p := range phases {
		s.Header = append(s.Header, strings.ToUpper(p))
		if wide {
			s.Header = append(s.Header, "COUNT")
		}
	}
	for _, k := range kinds {
		row := Text(k)
		for _, p := range phases {
			text, of := "-", "0"
			for _, l := range d.Latencies {
				if l.Kind == k && l.Phase == p && l.Count > 0 {
					text, of = fmt.Sprintf("%s / %s / %s", l.P50, l.P99, l.Max), count(l.Count)
				}
			}
			row = append(row, Cell{Text: text})
			if wide {
				row = append(row, Cell{Text: of})
			}
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func (d drillDocument) memberSection(wide bool) Section {
	s := Section{Header: []string{"MEMBER", "HEALTH", "POD", "MARKER", "WRITES FOUND", "LOST", "OWN WRITE GAP"}}
	hashes := wide || !d.HashMatch // the summary says it if they are equal
	if hashes {
		s.Header = append(s.Header, "HASH")
	}
	if wide {
		s.Header = append(s.Header, "ERROR")
	}
	for _, m := range d.Members {
		row := Text(m.Name, "", podText(m), "", count(m.WritesFound), "", m.LongestWriteGap)
		if m.Target {
			row[0].Text += " (hit)"
		}
		row[1], row[3] = State(choose(m.Healthy, "ok", "down"), m.Healthy), State(choose(m.Marker, "found", "missing"), m.Marker)
		row[5] = State(count(m.WritesLost), m.WritesLost == 0)
		if hashes {
			row = append(row, Cell{Text: orDash(m.Hash)})
		}
		if wide {
			row = append(row, Cell{Text: orDash(m.Error)})
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func (d drillDocument) timelineSection() Section {
	s := Section{Title: "Timeline:"}
	width := 0
	for _, e := range d.Timeline {
		width = max(width, len(e.After))
	}
	for _, e := range d.Timeline {
		s.Lines = append(s.Lines, Text(fmt.Sprintf("  %*s", width, e.After), e.Event))
	}
	return s
}

// podText says whether the member's pod is the same one, was restarted, or is new.
func podText(m report.DrillMember) string {
	switch {
	case m.NewPod:
		return "new"
	case m.Restarts > 0:
		return "restarted " + counted(int(m.Restarts), "time", "times")
	}
	return "same"
}
