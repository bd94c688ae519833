package report

// Version tells what the plugin is and what each member runs.
type Version struct {
	Meta
	Plugin     string          `json:"plugin"`
	Commit     string          `json:"commit,omitempty"`     // what it was built from; empty where that is not a checkout
	CommitTime string          `json:"commitTime,omitempty"` // RFC 3339
	Modified   bool            `json:"modified,omitempty"`   // what it was built from differed from the commit
	GoVersion  string          `json:"goVersion"`
	Platform   string          `json:"platform"`
	Cluster    string          `json:"cluster,omitempty"`
	Namespace  string          `json:"namespace,omitempty"`
	Level      string          `json:"clusterVersion,omitempty"` // the version the cluster's members have agreed on
	Members    []MemberVersion `json:"members,omitempty"`
}

// MemberVersion is one member's server and storage version, or why it is not known.
type MemberVersion struct {
	Name           string `json:"name"`
	Version        string `json:"version,omitempty"`
	StorageVersion string `json:"storageVersion,omitempty"`
	Error          string `json:"error,omitempty"`
}

// Names returns what -o name prints.
func (v Version) Names() []string { return []string{"kubectl-etcd/" + v.Plugin} }
