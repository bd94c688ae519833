package report

import "slices"

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
	Started          bool     `json:"started"`          // it has joined at least once; one that was only added has not
	Healthy          bool     `json:"healthy"`          // a voter that served a linearizable read, or a learner that serves
	Barred           bool     `json:"barred,omitempty"` // it may be well: what is in the way is who asks, or how
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

// Warning is something a human should look at, with what to do about it.
type Warning struct {
	Reason  string `json:"reason"`           // one word for programs, which stays when the figures change
	Member  string `json:"member,omitempty"` // set where that member cannot recover without the remedy
	Message string `json:"message"`
	Remedy  string `json:"remedy"` // what to type, or to do, one step a line
}

// Status is the state of one cluster.
type Status struct {
	Head
	Owner         Owner         `json:"owner"`
	Healthy       bool          `json:"healthy"`                 // every declared member is a healthy voter, and nothing is left half-done
	Unfinished    []string      `json:"unfinished,omitempty"`    // what is left half-done: a learner, an open seal, an operation whose process died
	RotationPhase RotationPhase `json:"rotationPhase,omitempty"` // of a replacement of the CAs that was not ended
	Quorum        Quorum        `json:"quorum"`
	Leader        string        `json:"leader"`
	Term          uint64        `json:"term"`
	Revision      int64         `json:"revision"`
	ClientTLS     *bool         `json:"clientTLS,omitempty"` // every member serves clients over it; left out where it cannot be told
	Sealed        bool          `json:"sealed"`
	Seal          string        `json:"seal"`                 // closed, open, empty, missing, none
	LeftAlarms    []string      `json:"leftAlarms,omitempty"` // raised by no member that there is now
	Alarm         string        `json:"alarm,omitempty"`      // that stands, where no member tells who raised which: that takes a user
	WritesRefused bool          `json:"writesRefused"`        // by etcd, for an alarm that stands, however healthy its members are
	Operation     string        `json:"operation,omitempty"`
	// LoadBalancers are those of the Services that lead to the members.
	LoadBalancers []LoadBalancer `json:"loadBalancers,omitempty"`
	Members       []Member       `json:"members"`
	Warnings      []Warning      `json:"warnings"`
	NotLookedAt   []string       `json:"notLookedAt,omitempty"` // what of the warnings' grounds could not be read
}

// MembersHealthy reports whether every member serves, whatever else is left half-done.
func (s Status) MembersHealthy() bool {
	return len(s.Members) > 0 && !slices.ContainsFunc(s.Members, func(m Member) bool { return !m.Healthy })
}

// Voters returns the members that count for the quorum, dead ones among them.
func (s Status) Voters() []Member {
	var voters []Member
	for _, m := range s.Members {
		if m.ID != "" && m.Role != Learner {
			voters = append(voters, m)
		}
	}
	return voters
}

// Member returns the member of that name.
func (s Status) Member(name string) (Member, bool) {
	for _, m := range s.Members {
		if m.Name == name {
			return m, true
		}
	}
	return Member{}, false
}

// SeveralClusters reports whether the pods are of more than one cluster: their IDs differ, two are the same member, or two
// lead in the same term, which no cluster ever has. Single members of default settings have the same IDs all over the world.
func (s Status) SeveralClusters() bool {
	clusters, members, led := map[string]bool{}, map[string]bool{}, map[uint64]bool{}
	for _, m := range s.Members {
		if m.Role == Leader {
			if led[m.RaftTerm] {
				return true
			}
			led[m.RaftTerm] = true
		}
		if m.ClusterID == "" { // it did not answer: its ID is from what others told
			continue
		}
		if members[m.ID] {
			return true
		}
		clusters[m.ClusterID], members[m.ID] = true, true
	}
	return len(clusters) > 1
}

// Leaders returns the names of the members that say of themselves that they lead.
func (s Status) Leaders() []string {
	var names []string
	for _, m := range s.Members {
		if m.Role == Leader {
			names = append(names, m.Name)
		}
	}
	return names
}

// Raised reports whether an alarm stands, whoever raised it.
func (s Status) Raised(alarm string) bool {
	return s.Alarm == alarm || slices.Contains(s.LeftAlarms, alarm) ||
		slices.ContainsFunc(s.Members, func(m Member) bool { return slices.Contains(m.Alarms, alarm) })
}
