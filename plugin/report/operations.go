package report

// LeaderMove is a change of leader: From is the member that led, To the one that leads.
type LeaderMove struct {
	Head
	From string `json:"from"`
	To   string `json:"to"`
}

// Names returns what -o name prints.
func (m LeaderMove) Names() []string { return []string{"pod/" + m.To} }

// Sealed is the state of a cluster's seal before and after the command.
type Sealed struct {
	Head
	Before string `json:"before"`
	After  string `json:"after"`
}

// Names returns what -o name prints.
func (s Sealed) Names() []string { return []string{"configmap/" + s.Cluster + "-seal"} }

// Removed lists the objects that "down" deleted and those that it kept.
type Removed struct {
	Head
	Removed []string `json:"removed"`
	Kept    []string `json:"kept"` // PersistentVolumeClaims
}

// Names returns what -o name prints.
func (r Removed) Names() []string { return r.Removed }

// Applied is the result of an apply, or of its dry run, for each object.
type Applied struct {
	Meta
	DryRun  string          `json:"dryRun,omitempty"` // client or server; empty if the objects were applied
	Objects []AppliedObject `json:"objects"`
	// PodChanges describes what changes in the pods, one argument, resource or image each.
	PodChanges []string `json:"podChanges,omitempty"`
}

// AppliedObject is one object, with its name and verb as kubectl apply prints them.
type AppliedObject struct {
	Name string `json:"name"` // statefulset.apps/etcd
	Verb string `json:"verb"`
}

// Names returns what -o name prints.
func (a Applied) Names() []string {
	var names []string
	for _, o := range a.Objects {
		names = append(names, o.Name)
	}
	return names
}
