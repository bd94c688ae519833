package report

// List is every etcd cluster that was found, as far as Kubernetes alone tells.
type List struct {
	Meta
	Clusters   []Listed `json:"clusters"`
	Incomplete []string `json:"incomplete,omitempty"` // what could not be read, where a cluster's row is not whole for it
	All        bool     `json:"-"`                    // of all namespaces
}

// Listed is one cluster in a list.
type Listed struct {
	Name       string `json:"name"`
	Namespace  string `json:"namespace"`
	Owner      Owner  `json:"owner"`
	Ready      int    `json:"ready"`   // members whose pods are Ready
	Members    int    `json:"members"` // that there should be
	Version    string `json:"version,omitempty"`
	NotPulled  string `json:"notPulled,omitempty"` // the version that members wait for, whose image cannot be pulled
	ClientTLS  *bool  `json:"clientTLS,omitempty"` // left out where it cannot be told
	Seal       string `json:"seal,omitempty"`      // closed, open, empty, missing, none; left out where it cannot be read
	Incomplete bool   `json:"-"`                   // what is left out may be there: it may not be read
}

// Owner is what makes a cluster's pods.
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

// QuorumReady reports whether as many members are Ready as a quorum takes.
func (l Listed) QuorumReady() bool { return l.Ready > l.Members/2 }
