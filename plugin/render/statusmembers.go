package render

import (
	"strconv"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/human"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func memberSection(members []report.Member, wide bool) Section {
	section := Section{Header: []string{"MEMBER", "ROLE", "HEALTH", "VERSION", "NODE", "DB", "TERM", "INDEX", "LATENCY"}}
	if wide {
		section.Header = append(section.Header, "ID", "ZONE", "STORAGE", "IN USE", "QUOTA", "APPLIED", "ALARMS")
	}
	for _, m := range members {
		section.Rows = append(section.Rows, memberRow(m, wide))
	}
	return section
}

func memberRow(m report.Member, wide bool) []Cell {
	answered := m.Version != ""
	number := func(n uint64) string { return ifSet(answered, strconv.FormatUint(n, 10)) }
	size := func(n int64) string { return ifSet(answered, human.Bytes(n)) }
	row := Text(m.Name, orDash(string(m.Role)), "", orDash(m.Version), orDash(m.Node), size(m.DBSizeBytes),
		number(m.RaftTerm), number(m.RaftIndex), orDash(m.Latency))
	row[2] = memberHealth(m)
	if wide {
		row = append(row, Text(orDash(m.ID), orDash(m.Zone), orDash(m.StorageVersion), size(m.DBInUseBytes),
			size(m.QuotaBytes), number(m.RaftAppliedIndex), orDash(strings.Join(m.Alarms, ",")))...)
	}
	return row
}

func memberHealth(m report.Member) Cell {
	word := "down"
	switch {
	case m.Healthy:
		return Cell{Text: "ok", Level: Good}
	case m.AccessDenied:
		word = "unknown"
	case m.Version != "":
		word = "failing"
	}
	if m.Reason != "" {
		word += " (" + m.Reason + ")"
	}
	return Cell{Text: word, Level: Bad}
}
