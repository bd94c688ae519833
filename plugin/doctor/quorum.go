package doctor

import (
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// quorum tells how many voters more may fail.
func quorum(e *evidence) []finding {
	if found := e.advised(report.Fail, warning(advice.ScaledToZero, advice.NoQuorum)); len(found) > 0 {
		return found
	}
	q, voters := e.status.Quorum, len(e.status.Voters())
	if voters == 0 {
		voters = len(e.members) // nobody answered
	}
	figure := fmt.Sprintf("%d of %d voters healthy, %d needed", q.Have, voters, q.Need)
	switch margin := judge.Margin(q); {
	case q.Have == 0 && e.status.Bar() != "":
		return []finding{evidenceMissing(e.nobody())}
	case margin < 0:
		return []finding{bad(report.Fail, figure, because{
			"there is a quorum, for what was read takes one, but most of its members are not seen from here", "see members",
		})}
	case margin > 0:
		return []finding{pass("%s: %d may fail", figure, margin)}
	case voters > 2:
		return []finding{bad(report.Fail, figure+": none may fail", because{
			"the next failure stops all writes", "bring the others back first (see members), and restart nothing until then",
		})}
	}
	return []finding{bad(report.Caution, figure+": none may fail", because{
		"a cluster of one or two members stops whenever one of them does", "three members survive the loss of one",
	})}
}

// members tells of each member that is not well why that is.
func members(e *evidence) []finding {
	var found []finding
	healthy := 0
	for _, m := range e.members {
		result := report.Result(report.Fail)
		if m.Healthy && m.Role != report.Learner {
			result, healthy = report.Caution, healthy+1
		}
		advised := e.advised(result, func(w report.Warning) bool { return w.Member == m.Name })
		if len(advised) == 0 && m.AccessDenied && !m.Healthy {
			found = append(found, evidenceMissing(m.Error).of(m.Name))
			continue
		}
		if len(advised) == 0 && !m.Healthy {
			advised = []finding{bad(report.Fail, "", because{m.Error, e.see(m)}).of(m.Name)}
		}
		found = append(found, advised...)
	}
	if len(found) == 0 {
		return []finding{pass("%d healthy", healthy)}
	}
	return found
}

// strangers tells whether the pods are of several etcd clusters.
func (e *evidence) strangers() []finding {
	return e.advised(report.Fail, warning(advice.SeveralClusters))
}

// ofOne makes a check of the members as one cluster, which says nothing where they are of several.
func ofOne(of func(*evidence) []finding) func(*evidence) []finding {
	return func(e *evidence) []finding {
		if len(e.strangers()) > 0 {
			return []finding{evidenceMissing("these pods are of several etcd clusters (see leader)")}
		}
		return of(e)
	}
}

// see is where to look for why a member is not well.
func (e *evidence) see(m seen) string {
	kubectl := e.cluster.Kubectl
	switch {
	case len(e.strangers()) > 0:
		return "see leader"
	case m.place.Trouble() != "" || m.Version == "" && m.place.CrashLoop() != "":
		return advice.Mend(e.cluster, m.place)
	case m.Version != "" && judge.Margin(e.status.Quorum) < 0:
		return "it answers, and lacks nothing but a quorum: bring the others back"
	}
	return kubectl("describe pod "+m.Pod) + "\n" + kubectl(fmt.Sprintf("logs %s -c %s", m.Pod, m.place.Server.Container))
}

// memberCount judges how many voters there are.
func memberCount(e *evidence) []finding {
	voters := len(e.status.Voters())
	switch found := e.advised(report.Caution, warning(advice.EvenMembership, advice.ReplicasDiffer, advice.MembersElsewhere)); {
	case len(found) > 0:
		return found
	case voters == 0:
		return []finding{evidenceMissing(e.nobody())}
	case voters > judge.MaxVoters:
		return []finding{bad(report.Caution, fmt.Sprintf("%d voters", voters), because{
			"each voter more makes every write slower, and seven already survive the loss of three", "remove some; learners do not count",
		})}
	}
	return []finding{pass("%d voters", voters)}
}

// nobody says why the members as a whole told nothing, in the words of status.
func (e *evidence) nobody() string {
	if why := e.status.Bar(); why != "" {
		return "no member lets itself be asked: " + why
	}
	return "no member answers"
}

// leader judges whether the members agree on who leads.
func leader(e *evidence) []finding {
	if found := e.strangers(); len(found) > 0 {
		return found
	}
	found := e.advised(report.Caution, warning(advice.SeveralLeaders, advice.TermsDiffer))
	switch {
	case e.status.Leader == "" && e.answers() == 0:
		return []finding{evidenceMissing(e.nobody())}
	case e.status.Leader == "":
		found = append(found, bad(report.Fail, "none", because{"nothing can be written without a leader", "see quorum and members"}))
	case len(found) == 0:
		found = append(found, pass("%s, term %d", e.status.Leader, e.status.Term))
	}
	return found
}

// lag judges how far members are behind with the log.
func lag(e *evidence) []finding {
	if found := e.advised(report.Caution, warning(advice.FollowerLags, advice.ApplyLags)); len(found) > 0 {
		return found
	}
	return e.answered(func(m seen) ranked {
		behind := judge.Lag(e.status, m.Member)
		return ranked{pass("%d entries behind", behind), float64(behind)}
	})
}

// answers returns how many members answered.
func (e *evidence) answers() int {
	n := 0
	for _, m := range e.members {
		if m.Version != "" {
			n++
		}
	}
	return n
}
