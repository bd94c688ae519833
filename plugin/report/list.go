package report

// List is every etcd cluster that was found, from the Kubernetes API only: no member is asked.
type List struct {
	Meta
	Clusters   []Listed `json:"clusters"`
	Incomplete []string `json:"incomplete,omitempty"` // what could not be read and leaves a row incomplete
	All        bool     `json:"-"`                    // the list is of all namespaces
}

// Listed is one cluster in a list.
type Listed struct {
	Name       string `json:"name"`
	Namespace  string `json:"namespace"`
	Owner      Owner  `json:"owner"`
	Ready      int    `json:"ready"`   // members whose pods are Ready
	Members    int    `json:"members"` // declared
	Version    string `json:"version,omitempty"`
	NotPulled  string `json:"notPulled,omitempty"` // a version whose image cannot be pulled
	ClientTLS  *bool  `json:"clientTLS,omitempty"` // nil if unknown
	Seal       string `json:"seal,omitempty"`      // closed, open, empty, missing or none; empty if it cannot be read
	Incomplete bool   `json:"-"`                   // an empty field may have a value that the caller may not read
}

// Owner is the object that creates a cluster's pods.
type Owner struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Text string `json:"-"` // for people
}

// Names returns what -o name prints.
func (l List) Names() []string {
	names := make([]string, len(l.Clusters))
	for i, c := range l.Clusters {
		names[i] = "etcd/" + c.Name
	}
	return names
}

// QuorumReady reports whether enough members are Ready for a quorum.
func (l Listed) QuorumReady() bool { return l.Ready > l.Members/2 }
