package report

// Role is what a member is to the cluster.
type Role string

// The roles; a member that does not answer has none.
const (
	Leader   Role = "leader"
	Follower Role = "follower"
	Learner  Role = "learner"
)

// Member is one member as it answered, or why it did not. A broken member keeps its row.
type Member struct {
	Name             string   `json:"name"`
	ID               string   `json:"id,omitempty"`        // hex, as etcd prints it
	ClusterID        string   `json:"clusterID,omitempty"` // hex, of the cluster that it says it is in
	Pod              string   `json:"pod,omitempty"`
	Node             string   `json:"node,omitempty"`
	Zone             string   `json:"zone,omitempty"`
	Role             Role     `json:"role,omitempty"`
	Started          bool     `json:"started"`                // it has joined at least once; one that was only added has not
	Healthy          bool     `json:"healthy"`                // a voter that served a linearizable read, or a learner that serves
	AccessDenied     bool     `json:"accessDenied,omitempty"` // it may be well: what is in the way is who asks, or how
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
	Reason           string   `json:"reason,omitempty"` // a few words of why it is not healthy
	Error            string   `json:"error,omitempty"`  // the same in full
}

// Quorum counts voters: Have answered a linearizable read, Need are necessary to commit a write. A single such answer
// took a quorum, whoever else could be seen. Over pods of several clusters none is counted: Have is 0.
type Quorum struct {
	Have int `json:"have"`
	Need int `json:"need"`
}

// QuotaShare returns how much of its quota a member's database takes, or 0 where it has none that is known.
func (m Member) QuotaShare() float64 {
	if m.QuotaBytes <= 0 {
		return 0
	}
	return float64(m.DBSizeBytes) / float64(m.QuotaBytes)
}
