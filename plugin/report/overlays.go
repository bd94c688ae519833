package report

// Overlays lists the overlays, one for each cloud.
type Overlays struct {
	Meta
	Overlays []Overlay `json:"overlays"`
	Problem  string    `json:"problem,omitempty"` // why none was detected
}

// Overlay is the overlay of one cloud.
type Overlay struct {
	Name             string `json:"name"`
	Provisioner      string `json:"provisioner,omitempty"` // empty: the default StorageClass
	DiskType         string `json:"diskType,omitempty"`
	InternalBalancer bool   `json:"internalBalancer"`
	Detected         bool   `json:"detected"`
}

// NewOverlays returns the report, and marks the overlay named detected.
func NewOverlays(list []Overlay, detected, problem string) Overlays {
	for i := range list {
		list[i].Detected = list[i].Name == detected
	}
	return Overlays{Meta: NewMeta("Overlays"), Overlays: list, Problem: problem}
}

// Names returns what -o name prints.
func (o Overlays) Names() []string {
	names := make([]string, len(o.Overlays))
	for i, l := range o.Overlays {
		names[i] = "overlay/" + l.Name
	}
	return names
}
