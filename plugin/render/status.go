package render

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/human"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type statusDocument struct{ report.Status }

// Status draws report.Status.
func Status(s report.Status) Document { return statusDocument{s} }

// Sections implements Document: the summary, the members, their errors, the warnings. The cluster's name, in the first
// line, has the colour of the worst state below it.
func (s statusDocument) Sections(wide bool) []Section {
	sections := []Section{{Lines: s.summary()}, memberSection(s.Members, wide)}
	sections = append(sections, memberErrors(s.Members)...)
	sections = append(sections, s.warnings()...)
	head := &sections[0].Lines[0][1]
	for _, section := range sections {
		head.Level = max(head.Level, section.worst())
	}
	if len(s.Incomplete) > 0 {
		sections = append(sections, Section{Lines: [][]Cell{Text("Incomplete:", strings.Join(s.Incomplete, ", "))}})
	}
	return sections
}

func (s statusDocument) summary() [][]Cell {
	lines := [][]Cell{
		{{Text: "Cluster:"}, {Text: s.Namespace + "/" + s.Cluster}},
		{{Text: "Owner:"}, {Text: orDash(s.Owner.Text)}},
		{{Text: "Health:"}, s.health()},
		{{Text: "Leader:"}, s.leader()},
		{{Text: "Version:"}, s.version()},
		{{Text: "Revision:"}, {Text: ifSet(s.Revision > 0, strconv.FormatInt(s.Revision, 10))}},
		{{Text: "Data:"}, s.data()},
		{{Text: "Clients:"}, {Text: clientsText(s.ClientTLS)}},
		{{Text: "Sealed:"}, s.sealed()},
	}
	for _, b := range s.LoadBalancers {
		lines = append(lines, []Cell{{Text: "Outside:"}, balancerCell(b)})
	}
	if alarms := s.AlarmText(); alarms != "" {
		lines = append(lines, []Cell{{Text: "Alarms:"}, {Text: alarms, Level: Bad}})
	}
	if s.Operation != "" {
		lines = append(lines, []Cell{{Text: "Operation:"}, {Text: s.Operation, Level: Warn}})
	}
	return lines
}

func (s statusDocument) health() Cell {
	word, level := s.state()
	switch word {
	case scaledToZero:
		return Cell{Text: word + ": it has no members", Level: level}
	case severalClusters:
		return Cell{Text: word + ": they have no common quorum (see Warnings)", Level: level}
	case notKnown:
		return Cell{Text: fmt.Sprintf("%s: no access to any of %d members (see Problems)", word, len(s.Members)), Level: level}
	}
	text := fmt.Sprintf("%s: %d of %d members (a quorum needs %d)", word, s.HealthyVoters(), len(s.Members), s.Quorum.Need)
	return Cell{Text: strings.Join(append([]string{text}, s.Unfinished...), "; "), Level: level}
}

func (s statusDocument) leader() Cell {
	if s.SeveralClusters() {
		return Cell{Text: orDash(strings.Join(s.Leaders(), " and ")) + ", of several clusters", Level: Bad}
	}
	if claims := s.Leaders(); len(claims) > 1 {
		return Cell{Text: fmt.Sprintf("claimed by %s (term %d is the newest)", strings.Join(claims, " and "), s.Term), Level: Bad}
	}
	switch {
	case s.Leader == "" && (s.Quorum.Have > 0 || s.AccessError() != ""): // there is a leader, but the caller may not read which
		return Cell{Text: "unknown"}
	case s.Leader == "":
		return Cell{Text: "none", Level: Bad}
	}
	return Cell{Text: fmt.Sprintf("%s, term %d", s.Leader, s.Term)}
}

func (s statusDocument) version() Cell {
	if len(s.Versions()) > 1 {
		return Cell{Text: "mixed: " + s.VersionText(), Level: Warn}
	}
	return Cell{Text: s.VersionText()}
}

func (s statusDocument) data() Cell {
	m := s.Fullest()
	if m.Version == "" {
		return Cell{Text: "-"}
	}
	text := fmt.Sprintf("%s (%s in use)", human.Bytes(m.DBSizeBytes), human.Bytes(m.DBInUseBytes))
	if m.QuotaBytes <= 0 {
		return Cell{Text: text}
	}
	level := Plain
	switch share := m.QuotaShare(); {
	case share >= judge.QuotaFull:
		level = Bad
	case share >= judge.QuotaHigh:
		level = Warn
	}
	return Cell{Text: fmt.Sprintf("%s, %s of the quota of %s", text, human.Percent(m.QuotaShare()), human.Bytes(m.QuotaBytes)), Level: level}
}

func clientsText(tls *bool) string {
	switch {
	case tls == nil:
		return "-"
	case *tls:
		return "TLS"
	}
	return "plain text"
}

func (s statusDocument) sealed() Cell {
	switch s.Seal {
	case "closed":
		return Cell{Text: "yes", Level: Good}
	case "empty":
		return Cell{Text: "no", Level: Bad}
	case "none":
		return Cell{Text: "no (deployed by other means)"} // such a cluster has no seal
	}
	return Cell{Text: "no (" + s.Seal + ")", Level: Bad}
}

func (s statusDocument) warnings() []Section {
	section := Section{Title: "Warnings:", Level: Warn}
	for _, w := range s.Warnings {
		section.Lines = append(section.Lines, []Cell{{Text: "  " + w.Message, Level: Warn}})
		for line := range strings.SplitSeq(w.Remedy, "\n") {
			section.Lines = append(section.Lines, Text("    "+line))
		}
	}
	if len(section.Lines) == 0 {
		return nil
	}
	return []Section{section}
}

// balancerCell returns the addresses of a load balancer.
func balancerCell(b report.LoadBalancer) Cell {
	if len(b.Addresses) == 0 {
		return Cell{Text: "service " + b.Service + " has no load balancer address yet", Level: Warn}
	}
	texts := make([]string, len(b.Addresses))
	for i, address := range b.Addresses {
		texts[i] = net.JoinHostPort(address, strconv.Itoa(int(b.Port)))
	}
	return Cell{Text: fmt.Sprintf("%s (service %s)", strings.Join(texts, ", "), b.Service)}
}
