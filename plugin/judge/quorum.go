// Package judge holds the rules by which status warns and doctor checks: pure functions of what was seen, so that both
// say the same.
package judge

import (
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// MaxVoters is the largest cluster that etcd advises (https://etcd.io/docs/latest/faq/): each further one makes every
// write slower.
const MaxVoters = 7

// Tolerance returns how many of a number of voters may fail.
func Tolerance(voters int) int { return (voters - 1) / 2 }

// Margin returns how many voters more may fail before writes stop; negative where they have stopped.
func Margin(q report.Quorum) int { return q.Have - q.Need }

// Domain is what fails together, such as a node or a zone.
type Domain struct {
	Name   string
	Voters []string
}

// Domains groups voters by what of them fails together, the largest group first. unknown are those of which it cannot
// be told.
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

// TakesQuorum reports whether a cluster of that many voters stops when the domain fails.
func (d Domain) TakesQuorum(voters int) bool { return len(d.Voters) > Tolerance(voters) }

// Lag returns how many entries of the log that any member has a member has not applied. Members are asked one moment
// after the other, so some tens are usual.
func Lag(s report.Status, m report.Member) uint64 {
	var newest uint64
	for _, o := range s.Members {
		newest = max(newest, o.RaftIndex)
	}
	return newest - min(newest, m.RaftAppliedIndex)
}

// etcd refuses proposals at a member that has not applied RefusedLag committed entries (server/etcdserver/v3_server.go,
// maxGapBetweenApplyAndCommitIndex).
const (
	RefusedLag = 5000
	LargeLag   = RefusedLag / 5
)
