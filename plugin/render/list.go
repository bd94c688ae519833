package render

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type listDocument struct{ report.List }

// List draws report.List.
func List(l report.List) Document { return listDocument{l} }

// Sections implements Document.
func (l listDocument) Sections(bool) []Section {
	section := Section{Header: []string{"NAME", "READY", "VERSION", "OWNER", "CLIENTS", "SEALED"}}
	if l.All {
		section.Header = append([]string{"NAMESPACE"}, section.Header...)
	}
	for _, c := range l.Clusters {
		row := []Cell{{Text: c.Name}, listedReady(c), listedVersion(c), {Text: c.Owner.Text}, {Text: listedClients(c)}, listedSealed(c)}
		if l.All {
			row = append(Text(c.Namespace), row...)
		}
		section.Rows = append(section.Rows, row)
	}
	sections := []Section{section}
	if len(l.Incomplete) > 0 {
		sections = append(sections, Section{Lines: [][]Cell{Text("Incomplete:", strings.Join(l.Incomplete, ", "))}})
	}
	return sections
}

// unknownText fills a cell whose value the caller may not read.
const unknownText = "?"

func listedClients(c report.Listed) string {
	if c.ClientTLS == nil && c.Incomplete {
		return unknownText
	}
	return clientsText(c.ClientTLS)
}

func listedVersion(c report.Listed) Cell {
	if c.NotPulled == "" {
		return Cell{Text: orDash(c.Version)}
	}
	text := c.NotPulled + " (not pulled)"
	if c.Version != "" {
		text = c.Version + ", " + text
	}
	return Cell{Text: text, Level: Warn}
}

func listedReady(c report.Listed) Cell {
	cell := Cell{Text: fmt.Sprintf("%d/%d", c.Ready, c.Members), Level: Good}
	switch {
	case c.Members == 0:
		return Cell{Text: "scaled to 0"}
	case !c.QuorumReady():
		cell.Level = Bad
	case c.Ready < c.Members:
		cell.Level = Warn
	}
	return cell
}

func listedSealed(c report.Listed) Cell {
	switch c.Seal {
	case "":
		return Cell{Text: unknownText, Level: Warn}
	case "none":
		return Cell{Text: "-"}
	case "closed":
		return Cell{Text: "yes", Level: Good}
	}
	return Cell{Text: "no (" + c.Seal + ")", Level: Bad}
}
