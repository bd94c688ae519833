package report

// Diff lists the objects and fields that "up" would change.
type Diff struct {
	Head
	Objects    []DifferingObject `json:"objects"` // those that differ
	PodChanges []string          `json:"podChanges,omitempty"`

	Text string `json:"-"` // the same as a unified diff, for people
}

// DifferingObject is one object that "up" would create or change.
type DifferingObject struct {
	Meta                       // the object's own
	Namespace string           `json:"namespace,omitempty"`
	Name      string           `json:"name"`
	Change    string           `json:"change"`              // created or changed
	Conflicts []string         `json:"conflicts,omitempty"` // the field managers that own fields with another value
	Fields    []DifferingField `json:"fields"`

	resource string
}

// DifferingField is a field before and after. A side is omitted if the field is not set there.
type DifferingField struct {
	Path   string `json:"path"` // a JSON pointer, "" for the whole object
	Before any    `json:"before,omitempty"`
	After  any    `json:"after,omitempty"`
}

// NewDifferingObject returns a changed object. resource is its name as kubectl prints it, such as statefulset.apps/etcd.
func NewDifferingObject(meta Meta, namespace, name, resource string) DifferingObject {
	return DifferingObject{Meta: meta, Namespace: namespace, Name: name, Change: "changed", resource: resource}
}

// Names returns what -o name prints.
func (d Diff) Names() []string {
	var names []string
	for _, o := range d.Objects {
		names = append(names, o.resource)
	}
	return names
}

// Resource returns the object's name as kubectl prints it, such as statefulset.apps/etcd.
func (o DifferingObject) Resource() string { return o.resource }
