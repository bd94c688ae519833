package report

// Event is one change of a key, from a watch.
type Event struct {
	Meta
	Type     string `json:"type"` // put or delete
	Revision int64  `json:"revision"`
	KeyValue
}

// Names returns what -o name prints.
func (e Event) Names() []string { return []string{string(e.rawKey)} }
