package report

// DrillFaults is what "drill list" prints.
type DrillFaults struct {
	Meta
	Faults []DrillFault `json:"faults"`
}

// DrillFault is a fault that a drill can inject.
type DrillFault struct {
	Name  string `json:"name"`
	About string `json:"about"`
	Lasts string `json:"lasts,omitempty"` // the default of --for
}

// Names returns what -o name prints.
func (d DrillFaults) Names() []string {
	var names []string
	for _, f := range d.Faults {
		names = append(names, "fault/"+f.Name)
	}
	return names
}
