package report

import "strings"

// Members is the membership as etcd has it, in its own terms.
type Members struct {
	Head
	Members []Member `json:"members"`
}

// Names implements Document: the pods, which is what kubectl can act on.
func (m Members) Names() []string {
	var names []string
	for _, member := range m.Members {
		if member.Pod != "" {
			names = append(names, "pod/"+member.Pod)
		}
	}
	return names
}

// Sections implements Document.
func (m Members) Sections(wide bool) []Section {
	section := Section{Header: []string{"ID", "NAME", "ROLE", "HEALTH", "POD", "PEER URL"}}
	if wide {
		section.Header = append(section.Header, "CLIENT URL", "NODE", "ZONE")
	}
	sections := []Section{section}
	for _, member := range m.Members {
		row := Text(orDash(member.ID), orDash(member.Name), orDash(string(member.Role)), "", orDash(member.Pod),
			orDash(strings.Join(member.PeerURLs, ",")))
		row[3] = member.health()
		if wide {
			row = append(row, Text(orDash(strings.Join(member.ClientURLs, ",")), orDash(member.Node), orDash(member.Zone))...)
		}
		sections[0].Rows = append(sections[0].Rows, row)
	}
	return append(sections, memberErrors(m.Members)...)
}

// memberErrors says below a table why members in it are not well, so that the table stays narrow.
func memberErrors(members []Member) []Section {
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
