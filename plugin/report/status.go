package report

import (
	"slices"
	"strings"
)

// Warning is a problem that needs a person's attention, with its remedy.
type Warning struct {
	Reason  string `json:"reason"`           // one word for programs; it does not change with the figures
	Member  string `json:"member,omitempty"` // set if that member cannot recover without the remedy
	Message string `json:"message"`
	Remedy  string `json:"remedy"` // steps or commands, one a line
}

// Status is the state of one cluster.
type Status struct {
	Head
	Owner         Owner         `json:"owner"`
	Healthy       bool          `json:"healthy"`                 // every declared member is a healthy voter, and Unfinished is empty
	Unfinished    []string      `json:"unfinished,omitempty"`    // for example a learner, an open seal, an abandoned operation
	RotationPhase RotationPhase `json:"rotationPhase,omitempty"` // of a replacement of the CAs in progress
	Quorum        Quorum        `json:"quorum"`
	Leader        string        `json:"leader"`
	Term          uint64        `json:"term"`
	Revision      int64         `json:"revision"`
	ClientTLS     *bool         `json:"clientTLS,omitempty"` // whether every member serves clients over TLS; nil if unknown
	Sealed        bool          `json:"sealed"`
	Seal          string        `json:"seal"`             // closed, open, empty, missing or none
	Alarms        []string      `json:"alarms,omitempty"` // of members that no longer exist
	Alarm         string        `json:"alarm,omitempty"`  // an active alarm whose member is unknown: AlarmList needs an etcd user
	WritesRefused bool          `json:"writesRefused"`    // an active alarm makes etcd refuse writes, even with healthy members
	Operation     string        `json:"operation,omitempty"`
	// LoadBalancers are the Services of type LoadBalancer that route to the members.
	LoadBalancers []LoadBalancer `json:"loadBalancers,omitempty"`
	Members       []Member       `json:"members"`
	Warnings      []Warning      `json:"warnings"`
	Incomplete    []string       `json:"incomplete,omitempty"` // what the warnings are based on and could not be read
}

// MembersHealthy reports whether every member is healthy, whatever Unfinished says.
func (s Status) MembersHealthy() bool {
	return len(s.Members) > 0 && !slices.ContainsFunc(s.Members, func(m Member) bool { return !m.Healthy })
}

// Voters returns the members that count for the quorum, including those that are down.
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

// SeveralClusters reports whether the pods belong to more than one cluster: cluster IDs differ, two pods have the same
// member ID, or two lead in the same term, which Raft rules out. Equal IDs are not enough to tell: every single member with
// default settings has the same ones.
func (s Status) SeveralClusters() bool {
	clusters, members, led := map[string]bool{}, map[string]bool{}, map[uint64]bool{}
	for _, m := range s.Members {
		if m.Role == Leader {
			if led[m.RaftTerm] {
				return true
			}
			led[m.RaftTerm] = true
		}
		if m.ClusterID == "" { // it did not answer: its ID is from another member's list
			continue
		}
		if members[m.ID] {
			return true
		}
		clusters[m.ClusterID], members[m.ID] = true, true
	}
	return len(clusters) > 1
}

// Leaders returns the names of the members that report themselves as leader.
func (s Status) Leaders() []string {
	var names []string
	for _, m := range s.Members {
		if m.Role == Leader {
			names = append(names, m.Name)
		}
	}
	return names
}

// Raised reports whether an alarm is active, on any member.
func (s Status) Raised(alarm string) bool {
	return s.Alarm == alarm || slices.Contains(s.Alarms, alarm) ||
		slices.ContainsFunc(s.Members, func(m Member) bool { return slices.Contains(m.Alarms, alarm) })
}

// Names returns what -o name prints: the object that owns the pods, or the pods if no object of the API does.
func (s Status) Names() []string {
	var names []string
	switch s.Owner.Kind {
	case "", "Node", "none":
		for _, m := range s.Members {
			if m.Pod != "" {
				names = append(names, "pod/"+m.Pod)
			}
		}
		return names
	}
	kind := strings.ToLower(s.Owner.Kind)
	if kind == "statefulset" || kind == "deployment" {
		kind += ".apps"
	}
	for name := range strings.SplitSeq(s.Owner.Name, ",") {
		names = append(names, kind+"/"+name)
	}
	return names
}

// Fullest returns the member whose database takes the largest share of its quota, of those that answered.
func (s Status) Fullest() Member {
	var fullest Member
	for _, m := range s.Members {
		if m.Version != "" && (fullest.Version == "" || m.QuotaShare() > fullest.QuotaShare()) {
			fullest = m
		}
	}
	return fullest
}

// HealthyVoters returns the number of healthy voters.
func (s Status) HealthyVoters() int {
	healthy := 0
	for _, m := range s.Members {
		if m.Healthy && m.Role != Learner {
			healthy++
		}
	}
	return healthy
}

// AccessError returns the error of the first member that denied access, or "".
func (s Status) AccessError() string {
	for _, m := range s.Members {
		if m.AccessDenied {
			return m.Error
		}
	}
	return ""
}
