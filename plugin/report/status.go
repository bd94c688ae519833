package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

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
	ID               string   `json:"id,omitempty"` // hex, as etcd prints it
	Pod              string   `json:"pod,omitempty"`
	Node             string   `json:"node,omitempty"`
	Zone             string   `json:"zone,omitempty"`
	Role             Role     `json:"role,omitempty"`
	Started          bool     `json:"started"` // it has joined at least once; one that was only added has not
	Healthy          bool     `json:"healthy"` // a voter that served a linearizable read, or a learner that serves
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
	Error            string   `json:"error,omitempty"`
}

// Quorum counts voters: Have answered a linearizable read, Need are necessary to commit a write.
type Quorum struct {
	Have int `json:"have"`
	Need int `json:"need"`
}

// Warning is something a human should look at, with what to do about it.
type Warning struct {
	Member  string `json:"member,omitempty"` // set where that member cannot recover without the remedy
	Message string `json:"message"`
	Remedy  string `json:"remedy"`
}

// Status is the state of one cluster.
type Status struct {
	Meta
	Cluster   string    `json:"cluster"`
	Namespace string    `json:"namespace"`
	Healthy   bool      `json:"healthy"` // every member is
	Quorum    Quorum    `json:"quorum"`
	Leader    string    `json:"leader"`
	Term      uint64    `json:"term"`
	Revision  int64     `json:"revision"`
	Sealed    bool      `json:"sealed"`
	Seal      string    `json:"seal"` // closed, open, empty, none
	Operation string    `json:"operation,omitempty"`
	Members   []Member  `json:"members"`
	Warnings  []Warning `json:"warnings"`
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

// Names implements Document.
func (s Status) Names() []string { return []string{"statefulset.apps/" + s.Cluster} }

// Sections implements Document: the summary, the members, what is wrong, in this order.
func (s Status) Sections(wide bool) []Section {
	sections := []Section{{Lines: s.summary()}, memberSection(s.Members, wide)}
	sections = append(sections, memberErrors(s.Members)...)
	return append(sections, s.warnings()...)
}

func (s Status) summary() [][]Cell {
	lines := [][]Cell{
		{{Text: "Cluster:"}, {Text: s.Namespace + "/" + s.Cluster}},
		{{Text: "Health:"}, s.health()},
		{{Text: "Leader:"}, s.leader()},
		{{Text: "Revision:"}, {Text: strconv.FormatInt(s.Revision, 10)}},
		{{Text: "Sealed:"}, s.sealed()},
	}
	if s.Operation != "" {
		lines = append(lines, []Cell{{Text: "Operation:"}, {Text: s.Operation, Level: Warn}})
	}
	return lines
}

func (s Status) health() Cell {
	healthy := 0
	for _, m := range s.Members {
		if m.Healthy {
			healthy++
		}
	}
	text := fmt.Sprintf("%d of %d members (a quorum needs %d)", healthy, len(s.Members), s.Quorum.Need)
	answered := slices.ContainsFunc(s.Members, func(m Member) bool { return m.Version != "" })
	switch {
	case !answered:
		return Cell{Text: "no member answers: " + text, Level: Bad}
	case s.Quorum.Have < s.Quorum.Need:
		return Cell{Text: "no quorum: " + text, Level: Bad}
	case !s.Healthy:
		return Cell{Text: "degraded: " + text, Level: Warn}
	}
	return Cell{Text: "healthy: " + text, Level: Good}
}

func (s Status) leader() Cell {
	if s.Leader == "" {
		return Cell{Text: "none", Level: Bad}
	}
	return Cell{Text: fmt.Sprintf("%s, term %d", s.Leader, s.Term)}
}

func (s Status) sealed() Cell {
	switch s.Seal {
	case "closed":
		return Cell{Text: "yes", Level: Good}
	case "empty":
		return Cell{Text: "no", Level: Bad}
	case "none":
		return Cell{Text: "no (deployed by other means)", Level: Warn}
	}
	return Cell{Text: "no (" + s.Seal + ")", Level: Bad}
}

func (s Status) warnings() []Section {
	section := Section{Title: "Warnings:"}
	for _, w := range s.Warnings {
		section.Lines = append(section.Lines, []Cell{{Text: "  " + w.Message, Level: Warn}}, Text("    "+w.Remedy))
	}
	if len(section.Lines) == 0 {
		return nil
	}
	return []Section{section}
}

func memberSection(members []Member, wide bool) Section {
	section := Section{Header: []string{"MEMBER", "ROLE", "HEALTH", "VERSION", "NODE", "DB", "TERM", "INDEX", "LATENCY"}}
	if wide {
		section.Header = append(section.Header, "ID", "ZONE", "STORAGE", "IN USE", "QUOTA", "APPLIED", "ALARMS")
	}
	for _, m := range members {
		section.Rows = append(section.Rows, m.row(wide))
	}
	return section
}

func (m Member) row(wide bool) []Cell {
	answered := m.Version != ""
	number := func(n uint64) string { return ifSet(answered, strconv.FormatUint(n, 10)) }
	size := func(n int64) string { return ifSet(answered, bytesText(n)) }
	row := Text(m.Name, orDash(string(m.Role)), "", orDash(m.Version), orDash(m.Node), size(m.DBSizeBytes),
		number(m.RaftTerm), number(m.RaftIndex), orDash(m.Latency))
	row[2] = m.health()
	if wide {
		row = append(row, Text(orDash(m.ID), orDash(m.Zone), orDash(m.StorageVersion), size(m.DBInUseBytes),
			size(m.QuotaBytes), number(m.RaftAppliedIndex), orDash(strings.Join(m.Alarms, ",")))...)
	}
	return row
}

func (m Member) health() Cell {
	switch {
	case m.Healthy:
		return Cell{Text: "ok", Level: Good}
	case m.Version != "":
		return Cell{Text: "failing", Level: Bad}
	}
	return Cell{Text: "down", Level: Bad}
}

func bytesText(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

func ifSet(set bool, text string) string {
	if !set {
		return "-"
	}
	return text
}

func orDash(s string) string { return ifSet(s != "", s) }
