package report

// Overlays lists the overlays.
type Overlays struct {
	Meta
	Overlays []Overlay `json:"overlays"`
	Problem  string    `json:"problem,omitempty"` // why none could be detected
}

// Overlay is one cloud's.
type Overlay struct {
	Name             string `json:"name"`
	Provisioner      string `json:"provisioner,omitempty"` // none: the cluster's default StorageClass
	DiskType         string `json:"diskType,omitempty"`
	InternalBalancer bool   `json:"internalBalancer"`
	Detected         bool   `json:"detected"`
}

// NewOverlays marks the detected overlay.
func NewOverlays(list []Overlay, detected, problem string) Overlays {
	for i := range list {
		list[i].Detected = list[i].Name == detected
	}
	return Overlays{Meta: NewMeta("Overlays"), Overlays: list, Problem: problem}
}

// Names implements Document.
func (o Overlays) Names() []string {
	names := make([]string, len(o.Overlays))
	for i, l := range o.Overlays {
		names[i] = "overlay/" + l.Name
	}
	return names
}

// Sections implements Document.
func (o Overlays) Sections(bool) []Section {
	section := Section{Header: []string{"OVERLAY", "PROVISIONER", "DISK TYPE", "INTERNAL BALANCER", "DETECTED"}}
	for _, l := range o.Overlays {
		provisioner, balancer, mark := l.Provisioner, "no", ""
		if provisioner == "" {
			provisioner = "(the default StorageClass)"
		}
		if l.InternalBalancer {
			balancer = "yes"
		}
		if l.Detected {
			mark = "*"
		}
		section.Rows = append(section.Rows, Text(l.Name, provisioner, orDash(l.DiskType), balancer, mark))
	}
	sections := []Section{section}
	if o.Problem != "" {
		sections = append(sections, lines("none detected: "+o.Problem)...)
	}
	return sections
}
