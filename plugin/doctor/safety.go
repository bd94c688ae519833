package doctor

import (
	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// seal judges whether a member that lost its disk can come back empty under its old name.
func seal(e *evidence) []finding {
	found := e.fromStatus(report.Fail, withReason(advice.NotSealed, advice.SealOpen, advice.SealMissing))
	switch {
	case len(found) > 0:
		return found
	case e.cluster.Seal.State == cluster.SealNone:
		return []finding{bad(report.Caution, "none: deployed by other means", explanation{
			"a member that loses its disk can come back empty under its old name, and acknowledged writes can be lost",
			"never delete a member's volume without removing the member first (kubectl etcd up creates sealed clusters)",
		})}
	}
	return []finding{pass("%s", e.cluster.Seal)}
}

// operation judges whether an operation was left incomplete.
func operation(e *evidence) []finding {
	if found := e.fromStatus(report.Fail, withReason(advice.OperationAbandoned, advice.TemplateChanged)); len(found) > 0 {
		return found
	}
	if why := e.cluster.Surroundings.Why(cluster.IncompleteLease); why != "" {
		return []finding{evidenceMissing(why)}
	}
	if text := e.cluster.Operation.Text; text != "" {
		return []finding{pass("under way: %s", text)}
	}
	return []finding{pass("none was left incomplete")}
}

// alarms returns etcd's own alarms.
func alarms(e *evidence) []finding {
	if found := e.fromStatus(report.Fail, withReason(advice.NoSpace, advice.Corrupt, advice.Alarm)); len(found) > 0 {
		return found
	}
	if e.answerCount() == 0 { // every member lists the alarms of all
		return []finding{evidenceMissing(e.noAnswerReason())}
	}
	return []finding{pass("none")}
}

// encryption judges whether members speak TLS with clients and with one another.
func encryption(e *evidence) []finding {
	found := e.fromStatus(report.Fail, withReason(advice.PlainTextExposed))
	if len(found) == 0 {
		found = append(found, e.tlsAt("clients", func(m memberEvidence) listener { return m.clients }, explanation{
			"anyone on the network between the pods can read and change keys, values and passwords",
			"serve clients over TLS (https://etcd.io/docs/latest/op-guide/security/)",
		}))
	}
	if why := e.cluster.Surroundings.Why(cluster.IncompleteServices); why != "" {
		found = append(found, evidenceMissing(why))
	}
	return append(found, e.tlsAt("peers", func(m memberEvidence) listener { return m.peers }, explanation{
		"anyone who reaches the peer port can write to the Raft log without authenticating as a client",
		"use peer TLS with client certificates, or a NetworkPolicy that admits only members (https://etcd.io/docs/latest/op-guide/security/)",
	}))
}

// tlsAt judges whether all members speak TLS at one of their listeners.
func (e *evidence) tlsAt(who string, at func(memberEvidence) listener, why explanation) finding {
	for _, m := range e.members {
		if at(m).plain {
			return bad(report.Caution, who+": plain text", why)
		}
	}
	for _, m := range e.members {
		if !at(m).tls {
			return evidenceMissing("it is unknown whether members use TLS for " + who)
		}
	}
	return pass("%s: TLS", who)
}
