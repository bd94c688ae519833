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

// Names returns what -o name prints.
func (o Overlays) Names() []string {
	names := make([]string, len(o.Overlays))
	for i, l := range o.Overlays {
		names[i] = "overlay/" + l.Name
	}
	return names
}
