package report

import "strings"

// Moved tells who led and who leads.
type Moved struct {
	Head
	From string `json:"from"`
	To   string `json:"to"`
}

// Names implements Document.
func (m Moved) Names() []string { return []string{"pod/" + m.To} }

// Sections implements Document.
func (m Moved) Sections(bool) []Section {
	if m.From == m.To {
		return lines(m.To + " leads already")
	}
	return lines("leadership moved from " + m.From + " to " + m.To)
}

// Sealed tells what became of a cluster's seal.
type Sealed struct {
	Head
	Before string `json:"before"`
	After  string `json:"after"`
}

// Names implements Document.
func (s Sealed) Names() []string { return []string{"configmap/" + s.Cluster + "-seal"} }

// Sections implements Document.
func (s Sealed) Sections(bool) []Section {
	if s.Before == s.After {
		return lines(s.Cluster + " is sealed already")
	}
	return lines(s.Cluster + " is sealed (the seal was " + s.Before + ")")
}

// Removed tells what "down" deleted and what it left.
type Removed struct {
	Head
	Removed []string `json:"removed"`
	Kept    []string `json:"kept"` // volume claims
}

// Names implements Document.
func (r Removed) Names() []string { return r.Removed }

// Sections implements Document.
func (r Removed) Sections(bool) []Section {
	var texts []string
	for _, name := range r.Removed {
		texts = append(texts, name+" deleted")
	}
	if len(r.Removed) == 0 {
		texts = append(texts, "nothing of "+r.Cluster+" is running")
	}
	if len(r.Kept) > 0 {
		texts = append(texts, "kept the volumes "+strings.Join(r.Kept, ", ")+" with bootstrap and seal: \"kubectl etcd up "+
			r.Cluster+" -n "+r.Namespace+"\" finds the data again, \"kubectl etcd down "+r.Cluster+" -n "+r.Namespace+" --delete-data\" deletes it")
	}
	return lines(texts...)
}

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

// Names implements Document.
func (a Applied) Names() []string {
	var names []string
	for _, o := range a.Objects {
		names = append(names, o.Name)
	}
	return names
}

// Sections implements Document.
func (a Applied) Sections(bool) []Section {
	suffix := ""
	if a.DryRun != "" {
		suffix = " (" + a.DryRun + " dry run)"
	}
	var texts []string
	for _, o := range a.Objects {
		texts = append(texts, o.Name+" "+o.Verb+suffix)
	}
	return lines(texts...)
}

// lines is a section of loose sentences.
func lines(texts ...string) []Section {
	var section Section
	for _, t := range texts {
		section.Lines = append(section.Lines, Text(t))
	}
	return []Section{section}
}
