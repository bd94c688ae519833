package render

import (
	"strconv"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type memberValuesDocument struct {
	report.MemberValues
	whole bool
}

// MemberValues draws report.MemberValues. With whole, values are shown in full even without -o wide.
func MemberValues(v report.MemberValues, whole bool) Document { return memberValuesDocument{v, whole} }

// Sections implements Document.
func (v memberValuesDocument) Sections(wide bool) []Section {
	table := Section{Header: []string{"MEMBER", "VALUE", "REVISION", "STORE AT"}}
	problems := Section{Title: "Problems:"}
	for _, m := range v.Members {
		table.Rows = append(table.Rows, memberValueRow(m, wide || v.whole))
		if m.Error != "" {
			problems.Lines = append(problems.Lines, []Cell{{Text: "  " + m.Member + ":"}, {Text: m.Error, Level: Bad}})
		}
	}
	if len(problems.Lines) == 0 {
		return []Section{table}
	}
	return []Section{table, problems}
}

func memberValueRow(m report.MemberValue, whole bool) []Cell {
	row := Text(m.Member, shownText(m.Raw(), whole), strconv.FormatInt(m.ModRevision, 10), strconv.FormatInt(m.Revision, 10))
	switch {
	case m.Error != "":
		row[1], row[2], row[3] = Cell{Text: "unknown", Level: Bad}, Cell{Text: "-"}, Cell{Text: "-"}
	case !m.Found:
		row[1], row[2] = Cell{Text: "missing", Level: Bad}, Cell{Text: "-"}
	}
	return row
}
