package doctor

import (
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// quorum judges how many more voters may fail.
func quorum(e *evidence) []finding {
	if found := e.fromStatus(report.Fail, withReason(advice.ScaledToZero, advice.NoQuorum)); len(found) > 0 {
		return found
	}
	q, voters := e.status.Quorum, len(e.status.Voters())
	if voters == 0 {
		voters = len(e.members) // no member answered
	}
	figure := fmt.Sprintf("%d of %d voters healthy, %d needed", q.Have, voters, q.Need)
	switch margin := judge.Margin(q); {
	case q.Have == 0 && e.status.AccessError() != "":
		return []finding{evidenceMissing(e.noAnswerReason())}
	case margin < 0:
		return []finding{bad(report.Fail, figure, explanation{
			"a linearizable read succeeded, so the cluster has a quorum, but most of its voters cannot be reached from here", "see members",
		})}
	case margin > 0:
		return []finding{pass("%s: %d may fail", figure, margin)}
	case voters > 2:
		return []finding{bad(report.Fail, figure+": none may fail", explanation{
			"the next failure stops all writes", "bring the others back first (see members), and restart nothing until then",
		})}
	}
	return []finding{bad(report.Caution, figure+": none may fail", explanation{
		"a cluster of one or two members stops whenever one of them does", "three members survive the loss of one",
	})}
}

// members explains, for each member that is not healthy, why.
func members(e *evidence) []finding {
	var found []finding
	healthy := 0
	for _, m := range e.members {
		result := report.Result(report.Fail)
		if m.Healthy && m.Role != report.Learner {
			result, healthy = report.Caution, healthy+1
		}
		advised := e.fromStatus(result, func(w report.Warning) bool { return w.Member == m.Name })
		if len(advised) == 0 && m.AccessDenied && !m.Healthy {
			found = append(found, evidenceMissing(m.Error).of(m.Name))
			continue
		}
		if len(advised) == 0 && !m.Healthy {
			advised = []finding{bad(report.Fail, "", explanation{m.Error, e.memberRemedy(m)}).of(m.Name)}
		}
		found = append(found, advised...)
	}
	if len(found) == 0 {
		return []finding{pass("%d healthy", healthy)}
	}
	return found
}

// severalClusters returns findings if the pods belong to several etcd clusters.
func (e *evidence) severalClusters() []finding {
	return e.fromStatus(report.Fail, withReason(advice.SeveralClusters))
}

// ofOneCluster wraps a check that treats the members as one cluster: its evidence is missing if they belong to several.
func ofOneCluster(of func(*evidence) []finding) func(*evidence) []finding {
	return func(e *evidence) []finding {
		if len(e.severalClusters()) > 0 {
			return []finding{evidenceMissing("these pods belong to several etcd clusters (see leader)")}
		}
		return of(e)
	}
}

// memberRemedy returns the remedy for a member that is not healthy, or the commands that show why.
func (e *evidence) memberRemedy(m memberEvidence) string {
	kubectl := e.cluster.Kubectl
	switch {
	case len(e.severalClusters()) > 0:
		return "see leader"
	case m.kubeMember.PodProblem() != "" || m.Version == "" && m.kubeMember.CrashLoop() != "":
		return advice.DownRemedy(e.cluster, m.kubeMember)
	case m.Version != "" && judge.Margin(e.status.Quorum) < 0:
		return "it answers, and only lacks a quorum: bring the others back"
	}
	return kubectl("describe pod "+m.Pod) + "\n" + kubectl(fmt.Sprintf("logs %s -c %s", m.Pod, m.kubeMember.Server.Container))
}

// memberCount judges the number of voters.
func memberCount(e *evidence) []finding {
	voters := len(e.status.Voters())
	switch found := e.fromStatus(report.Caution, withReason(advice.EvenMembership, advice.ReplicasDiffer, advice.MembersElsewhere)); {
	case len(found) > 0:
		return found
	case voters == 0:
		return []finding{evidenceMissing(e.noAnswerReason())}
	case voters > judge.MaxVoters:
		return []finding{bad(report.Caution, fmt.Sprintf("%d voters", voters), explanation{
			"each additional voter makes every write slower, and seven already survive the loss of three", "remove some; learners do not count",
		})}
	}
	return []finding{pass("%d voters", voters)}
}

// noAnswerReason returns why no member answered, in the words of "status".
func (e *evidence) noAnswerReason() string {
	if why := e.status.AccessError(); why != "" {
		return "access denied: " + why
	}
	return "no member answers"
}

// leader judges whether the members agree on the leader.
func leader(e *evidence) []finding {
	if found := e.severalClusters(); len(found) > 0 {
		return found
	}
	found := e.fromStatus(report.Caution, withReason(advice.SeveralLeaders, advice.TermsDiffer))
	switch {
	case e.status.Leader == "" && e.answerCount() == 0:
		return []finding{evidenceMissing(e.noAnswerReason())}
	case e.status.Leader == "":
		found = append(found, bad(report.Fail, "none", explanation{"nothing can be written without a leader", "see quorum and members"}))
	case len(found) == 0:
		found = append(found, pass("%s, term %d", e.status.Leader, e.status.Term))
	}
	return found
}

// lag judges how far the members' applied index is behind.
func lag(e *evidence) []finding {
	if found := e.fromStatus(report.Caution, withReason(advice.FollowerLags, advice.ApplyLags)); len(found) > 0 {
		return found
	}
	return e.eachAnswered(func(m memberEvidence) ranked {
		behind := judge.Lag(e.status, m.Member)
		return ranked{pass("%d entries behind", behind), float64(behind)}
	})
}

// answerCount returns how many members answered.
func (e *evidence) answerCount() int {
	n := 0
	for _, m := range e.members {
		if m.Version != "" {
			n++
		}
	}
	return n
}
