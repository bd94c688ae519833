package report

type drillFaultsDocument struct{ DrillFaults }

// DrawDrillFaults draws report.DrillFaults.
func DrawDrillFaults(d DrillFaults) Document { return drillFaultsDocument{d} }

// Sections implements Document.
func (d drillFaultsDocument) Sections(bool) []Section {
	s := Section{Header: []string{"FAULT", "LASTS", "WHAT IT DOES"}}
	for _, f := range d.Faults {
		s.Rows = append(s.Rows, Text(f.Name, orDash(f.Lasts), f.About))
	}
	return []Section{s}
}
