// Package judge holds the rules that "status" and "doctor" share, so that their warnings and checks agree. They are pure
// functions of what was observed.
package judge

import (
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// MaxVoters is the largest number of voters that etcd recommends (https://etcd.io/docs/latest/faq/): each further one makes
// writes slower.
const MaxVoters = 7

// Tolerance returns how many voters may fail without loss of the quorum.
func Tolerance(voters int) int { return (voters - 1) / 2 }

// Margin returns how many more voters may fail before the quorum is lost. It is negative if the quorum is lost.
func Margin(q report.Quorum) int { return q.Have - q.Need }

// Domain is a failure domain, such as a node or a zone, with the names of its voters.
type Domain struct {
	Name   string
	Voters []string
}

// Domains groups voters by failure domain, the largest first. of returns a voter's domain, or "" if it is unknown; unknown
// are the names of those voters.
func Domains(voters []report.Member, of func(report.Member) string) (domains []Domain, unknown []string) {
	at := map[string]int{}
	for _, m := range voters {
		name := of(m)
		if name == "" {
			unknown = append(unknown, m.Name)
			continue
		}
		i, known := at[name]
		if !known {
			i = len(domains)
			at[name] = i
			domains = append(domains, Domain{Name: name})
		}
		domains[i].Voters = append(domains[i].Voters, m.Name)
	}
	slices.SortStableFunc(domains, func(a, b Domain) int {
		if n := len(b.Voters) - len(a.Voters); n != 0 {
			return n
		}
		return strings.Compare(a.Name, b.Name)
	})
	return domains, unknown
}

// TakesQuorum reports whether a cluster of that many voters loses the quorum when the domain fails.
func (d Domain) TakesQuorum(voters int) bool { return len(d.Voters) > Tolerance(voters) }

// Lag returns how many log entries a member's applied index is behind the newest index of any member. The members are not
// asked at the same moment, so a few tens are normal.
func Lag(s report.Status, m report.Member) uint64 {
	var newest uint64
	for _, o := range s.Members {
		newest = max(newest, o.RaftIndex)
	}
	return newest - min(newest, m.RaftAppliedIndex)
}

// A member refuses proposals when its applied index is more than RefusedLag behind its committed index
// (server/etcdserver/v3_server.go, maxGapBetweenApplyAndCommitIndex). LargeLag is the threshold for a warning.
const (
	RefusedLag = 5000
	LargeLag   = RefusedLag / 5
)
