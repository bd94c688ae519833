package doctor

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// nodes judges whether the loss of one node loses the quorum.
func nodes(e *evidence) []finding {
	return e.spread(report.Fail, advice.OneNode, "node", func(m report.Member) string { return m.Node })
}

// zones judges whether the loss of one zone loses the quorum.
func zones(e *evidence) []finding {
	return e.spread(report.Caution, advice.OneZone, "zone", func(m report.Member) string { return m.Zone })
}

// spread judges the loss of one domain. It is worse if the members could run elsewhere, which "status" warns of.
func (e *evidence) spread(result report.Result, reason, kind string, of func(report.Member) string) []finding {
	voters := e.status.Voters()
	if len(voters) == 0 {
		voters = e.status.Members
	}
	if judge.Tolerance(len(voters)) == 0 {
		return nil // the loss of any member loses the quorum
	}
	if found := e.fromStatus(result, withReason(reason)); len(found) > 0 {
		return found
	}
	domains, unknown := judge.Domains(voters, of)
	switch {
	case len(domains) > 0 && domains[0].TakesQuorum(len(voters)):
		return []finding{bad(report.Caution, fmt.Sprintf("%s: %s", domains[0].Name, strings.Join(domains[0].Voters, ", ")), explanation{
			fmt.Sprintf("the loss of that %s loses the quorum", kind), fmt.Sprintf("run them on more than one %s, if the Kubernetes cluster has others", kind),
		})}
	case len(unknown) > 0:
		return []finding{evidenceMissing(fmt.Sprintf("the %s of %s is unknown", kind, strings.Join(unknown, ", ")))}
	}
	return []finding{pass("%d voters over %d %ss", len(voters), len(domains), kind)}
}

// budget judges what a node drain may evict.
func budget(e *evidence) []finding {
	c := e.cluster
	switch {
	case judge.Tolerance(len(c.Members)) == 0:
		return nil // no member may be evicted
	case c.Owner.Kind == cluster.OwnerNode:
		return []finding{pass("static pods are not evicted")}
	}
	if why := e.cluster.Surroundings.Why(cluster.IncompleteBudgets); why != "" {
		return []finding{evidenceMissing(why)}
	}
	found := e.fromStatus(report.Caution, withReason(advice.NoBudget, advice.BudgetsOverlap, advice.BudgetFails, advice.BudgetTooLoose, advice.BudgetTooTight))
	if len(found) > 0 {
		return found
	}
	return []finding{pass("allows %d of %d to be evicted at the same time", judge.Evictable(c), len(c.Members))}
}
