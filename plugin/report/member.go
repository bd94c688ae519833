package report

// Role is a member's role in Raft.
type Role string

// The roles. A member that does not answer has none.
const (
	Leader   Role = "leader"
	Follower Role = "follower"
	Learner  Role = "learner"
)

// Member is one member's answer, or the error if it did not answer. A broken member keeps its row.
type Member struct {
	Name             string   `json:"name"`
	ID               string   `json:"id,omitempty"`        // hex, as etcd prints it
	ClusterID        string   `json:"clusterID,omitempty"` // hex, as the member reports it
	Pod              string   `json:"pod,omitempty"`
	Node             string   `json:"node,omitempty"`
	Zone             string   `json:"zone,omitempty"`
	Role             Role     `json:"role,omitempty"`
	Started          bool     `json:"started"`                // it has started at least once; etcd knows no name of a member that never did
	Healthy          bool     `json:"healthy"`                // a voter that served a linearizable read, or a learner that answers
	AccessDenied     bool     `json:"accessDenied,omitempty"` // its health is unknown: the caller lacks credentials or permissions
	Version          string   `json:"version,omitempty"`
	StorageVersion   string   `json:"storageVersion,omitempty"`
	DBSizeBytes      int64    `json:"dbSizeBytes"`
	DBInUseBytes     int64    `json:"dbInUseBytes"`
	QuotaBytes       int64    `json:"quotaBytes"`
	RaftTerm         uint64   `json:"raftTerm"`
	RaftIndex        uint64   `json:"raftIndex"`
	RaftAppliedIndex uint64   `json:"raftAppliedIndex"`
	Revision         int64    `json:"revision"`
	Alarms           []string `json:"alarms"`
	PeerURLs         []string `json:"peerURLs,omitempty"`
	ClientURLs       []string `json:"clientURLs,omitempty"`
	Latency          string   `json:"latency,omitempty"`
	LatencySeconds   float64  `json:"latencySeconds,omitempty"`
	Reason           string   `json:"reason,omitempty"` // why it is not healthy, in a few words
	Error            string   `json:"error,omitempty"`  // the same in full
}

// Quorum counts voters: Have answered a linearizable read, Need are necessary to commit a write. A single such answer
// proves a quorum, even if no other member could be reached. Have is 0 if the pods belong to several clusters.
type Quorum struct {
	Have int `json:"have"`
	Need int `json:"need"`
}

// QuotaShare returns the share of its quota that a member's database takes, or 0 if the quota is unknown.
func (m Member) QuotaShare() float64 {
	if m.QuotaBytes <= 0 {
		return 0
	}
	return float64(m.DBSizeBytes) / float64(m.QuotaBytes)
}
