package report

import (
	"slices"
	"strings"
)

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
	Seal          string        `json:"seal"`             // closed, open, empty, missing, none
	Alarms        []string      `json:"alarms,omitempty"` // raised by no member that there is now
	Alarm         string        `json:"alarm,omitempty"`  // that stands, where no member tells who raised which: that takes a user
	WritesRefused bool          `json:"writesRefused"`    // by etcd, for an alarm that stands, however healthy its members are
	Operation     string        `json:"operation,omitempty"`
	// LoadBalancers are those of the Services that lead to the members.
	LoadBalancers []LoadBalancer `json:"loadBalancers,omitempty"`
	Members       []Member       `json:"members"`
	Warnings      []Warning      `json:"warnings"`
	Incomplete    []string       `json:"incomplete,omitempty"` // what of the warnings' grounds could not be read
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
	return s.Alarm == alarm || slices.Contains(s.Alarms, alarm) ||
		slices.ContainsFunc(s.Members, func(m Member) bool { return slices.Contains(m.Alarms, alarm) })
}

// Names returns what -o name prints: what makes the pods, where that is an object, else the pods.
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

// Fullest returns the member whose database has the largest share of its quota, of those that answer.
func (s Status) Fullest() Member {
	var fullest Member
	for _, m := range s.Members {
		if m.Version != "" && (fullest.Version == "" || m.QuotaShare() > fullest.QuotaShare()) {
			fullest = m
		}
	}
	return fullest
}

// HealthyVoters counts the members that are healthy and vote.
func (s Status) HealthyVoters() int {
	healthy := 0
	for _, m := range s.Members {
		if m.Healthy && m.Role != Learner {
			healthy++
		}
	}
	return healthy
}

// Bar says what keeps this side from asking members, or "".
func (s Status) Bar() string {
	for _, m := range s.Members {
		if m.AccessDenied {
			return m.Error
		}
	}
	return ""
}
