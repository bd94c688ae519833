package report

// Moved tells who led and who leads.
type Moved struct {
	Head
	From string `json:"from"`
	To   string `json:"to"`
}

// Names returns what -o name prints.
func (m Moved) Names() []string { return []string{"pod/" + m.To} }

// Sealed tells what became of a cluster's seal.
type Sealed struct {
	Head
	Before string `json:"before"`
	After  string `json:"after"`
}

// Names returns what -o name prints.
func (s Sealed) Names() []string { return []string{"configmap/" + s.Cluster + "-seal"} }

// Removed tells what "down" deleted and what it left.
type Removed struct {
	Head
	Removed []string `json:"removed"`
	Kept    []string `json:"kept"` // volume claims
}

// Names returns what -o name prints.
func (r Removed) Names() []string { return r.Removed }

// Applied tells what an apply did, or would do, to each object.
type Applied struct {
	Meta
	DryRun  string          `json:"dryRun,omitempty"` // client, server, or nothing for an apply in earnest
	Objects []AppliedObject `json:"objects"`
	// PodChanges says for people what changes in the pods: an argument, a resource or an image each.
	PodChanges []string `json:"podChanges,omitempty"`
}

// AppliedObject is one of them, in kubectl's words.
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
