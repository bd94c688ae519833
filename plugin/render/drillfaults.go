package render

import "github.com/kubectl-etcd/kubectl-etcd/plugin/report"

type drillFaultsDocument struct{ report.DrillFaults }

// DrillFaults draws report.DrillFaults.
func DrillFaults(d report.DrillFaults) Document { return drillFaultsDocument{d} }

// Sections implements Document.
func (d drillFaultsDocument) Sections(bool) []Section {
	s := Section{Header: []string{"FAULT", "LASTS", "WHAT IT DOES"}}
	for _, f := range d.Faults {
		s.Rows = append(s.Rows, Text(f.Name, orDash(f.Lasts), f.About))
	}
	return []Section{s}
}
