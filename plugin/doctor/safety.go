package doctor

import (
	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// seal judges whether a member that lost its disk can come back empty under its old name.
func seal(e *evidence) []finding {
	found := e.advised(report.Fail, warning(advice.NotSealed, advice.SealOpen, advice.SealMissing))
	switch {
	case len(found) > 0:
		return found
	case e.cluster.Seal.State == cluster.SealNone:
		return []finding{bad(report.Caution, "none: deployed by other means", because{
			"a member that loses its disk can come back empty under its old name, and acknowledged writes can be lost",
			"never delete a member's volume without removing the member first (kubectl etcd up makes clusters that are sealed)",
		})}
	}
	return []finding{pass("%s", e.cluster.Seal)}
}

// operation judges whether an operation was left half-done.
func operation(e *evidence) []finding {
	if found := e.advised(report.Fail, warning(advice.OperationAbandoned, advice.TemplateChanged)); len(found) > 0 {
		return found
	}
	if why := e.cluster.Around.Why(cluster.UnseenLease); why != "" {
		return []finding{evidenceMissing(why)}
	}
	if text := e.cluster.Operation.Text; text != "" {
		return []finding{pass("under way: %s", text)}
	}
	return []finding{pass("none is left half-done")}
}

// alarms tells what etcd itself has found.
func alarms(e *evidence) []finding {
	if found := e.advised(report.Fail, warning(advice.NoSpace, advice.Corrupt, advice.Alarm)); len(found) > 0 {
		return found
	}
	if e.answers() == 0 { // each member knows of all
		return []finding{evidenceMissing(e.nobody())}
	}
	return []finding{pass("none")}
}

// encryption judges whether others can listen to what members say to clients and to one another.
func encryption(e *evidence) []finding {
	found := e.advised(report.Fail, warning(advice.PlainTextExposed))
	if len(found) == 0 {
		found = append(found, e.spoken("clients", func(m seen) listener { return m.clients }, because{
			"whoever is on the way between pods can read and change keys, values and passwords",
			"serve clients over TLS (https://etcd.io/docs/latest/op-guide/security/)",
		}))
	}
	if why := e.cluster.Around.Why(cluster.UnseenServices); why != "" {
		found = append(found, evidenceMissing(why))
	}
	return append(found, e.spoken("peers", func(m seen) listener { return m.peers }, because{
		"whoever reaches the peer port can write to the log, past what clients have to prove",
		"peer TLS with client certificates, or a NetworkPolicy that lets only members in (https://etcd.io/docs/latest/op-guide/security/)",
	}))
}

// spoken tells whether all members speak TLS at one of their listeners.
func (e *evidence) spoken(who string, at func(seen) listener, say because) finding {
	for _, m := range e.members {
		if at(m).plain {
			return bad(report.Caution, who+": plain text", say)
		}
	}
	for _, m := range e.members {
		if !at(m).tls {
			return evidenceMissing("what members speak to " + who + " cannot be told")
		}
	}
	return pass("%s: TLS", who)
}
