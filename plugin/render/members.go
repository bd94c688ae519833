package render

import (
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type membersDocument struct{ report.Members }

// Members draws report.Members.
func Members(m report.Members) Document { return membersDocument{m} }

// Sections implements Document.
func (m membersDocument) Sections(wide bool) []Section {
	section := Section{Header: []string{"ID", "NAME", "ROLE", "HEALTH", "POD", "PEER URL"}}
	if wide {
		section.Header = append(section.Header, "CLIENT URL", "NODE", "ZONE")
	}
	sections := []Section{section}
	for _, member := range m.Members.Members {
		row := Text(orDash(member.ID), orDash(member.Name), orDash(string(member.Role)), "", orDash(member.Pod),
			orDash(strings.Join(member.PeerURLs, ",")))
		row[3] = memberHealth(member)
		if wide {
			row = append(row, Text(orDash(strings.Join(member.ClientURLs, ",")), orDash(member.Node), orDash(member.Zone))...)
		}
		sections[0].Rows = append(sections[0].Rows, row)
	}
	return append(sections, memberErrors(m.Members.Members)...)
}

// memberErrors returns a section with the members' errors, to be shown below a table: this keeps the table narrow.
func memberErrors(members []report.Member) []Section {
	section := Section{Title: "Problems:", Level: Bad}
	for _, m := range members {
		if m.Error != "" {
			section.Lines = append(section.Lines, []Cell{{Text: "  " + m.Name + ":"}, {Text: m.Error, Level: Bad}})
		}
	}
	if len(section.Lines) == 0 {
		return nil
	}
	return []Section{section}
}
