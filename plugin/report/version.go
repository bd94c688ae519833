package report

// Version is the plugin's version, and the one that each member runs.
type Version struct {
	Meta
	Plugin     string          `json:"plugin"`
	Commit     string          `json:"commit,omitempty"`     // empty if the build was not from a checkout
	CommitTime string          `json:"commitTime,omitempty"` // RFC 3339
	Modified   bool            `json:"modified,omitempty"`   // the checkout had uncommitted changes
	GoVersion  string          `json:"goVersion"`
	Platform   string          `json:"platform"`
	Cluster    string          `json:"cluster,omitempty"`
	Namespace  string          `json:"namespace,omitempty"`
	Level      string          `json:"clusterVersion,omitempty"` // the version the cluster's members have agreed on
	Members    []MemberVersion `json:"members,omitempty"`
}

// MemberVersion is one member's server and storage version, or the error from reading them.
type MemberVersion struct {
	Name           string `json:"name"`
	Version        string `json:"version,omitempty"`
	StorageVersion string `json:"storageVersion,omitempty"`
	Error          string `json:"error,omitempty"`
}

// Names returns what -o name prints.
func (v Version) Names() []string { return []string{"kubectl-etcd/" + v.Plugin} }
