package report

// DrillFaults is what "drill list" prints.
type DrillFaults struct {
	Meta
	Faults []DrillFault `json:"faults"`
}

// DrillFault is one kind of damage that a drill can do.
type DrillFault struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Lasts string `json:"lasts,omitempty"` // unless --for says otherwise
}

// Names implements Document.
func (d DrillFaults) Names() []string {
	var names []string
	for _, f := range d.Faults {
		names = append(names, "fault/"+f.Name)
	}
	return names
}

// Sections implements Document.
func (d DrillFaults) Sections(bool) []Section {
	s := Section{Header: []string{"FAULT", "LASTS", "WHAT IT DOES"}}
	for _, f := range d.Faults {
		s.Rows = append(s.Rows, Text(f.Name, orDash(f.Lasts), f.About))
	}
	return []Section{s}
}
