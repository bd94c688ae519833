package doctor

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// expiresVerySoon is the remaining validity below which a certificate that was not renewed is a failure.
const expiresVerySoon = 7 * 24 * time.Hour

// expiry judges how long the certificates that members present to clients and to peers remain valid.
func expiry(e *evidence) []finding {
	return e.eachCertificate(func(l listener) ranked {
		first := l.chain.value[0]
		for _, c := range l.chain.value { // a chain expires with the first of its certificates
			if c.NotAfter.Before(first.NotAfter) {
				first = c
			}
		}
		left := first.NotAfter.Sub(e.now)
		figure := fmt.Sprintf("for %s until %s", l.name, first.NotAfter.UTC().Format(time.DateOnly))
		why := explanation{
			"whoever verifies it refuses the member from that moment on",
			"renew it: etcd reads its certificate anew at each connection, only a new CA takes a restart",
		}
		switch {
		case selfSigned(l.chain.value[0]):
			why = explanation{
				"etcd made it by itself (--auto-tls), and does not renew it",
				fmt.Sprintf("delete the folder fixtures/%s in the member's data directory and restart it: etcd makes another one", l.folder()),
			}
		case e.cluster.SealConfig != "":
			why.remedy += "\n" + e.cluster.Command("certs renew") + "   # not for those of cert-manager, which renews them itself"
		}
		switch rank := -left.Hours(); {
		case e.now.Before(first.NotBefore):
			why.reason = "it is not valid yet: a clock is wrong, or it was made for later"
			return ranked{bad(report.Fail, fmt.Sprintf("for %s from %s", l.name, first.NotBefore.UTC().Format(time.RFC3339)), why), rank}
		case left < expiresVerySoon:
			return ranked{bad(report.Fail, figure, why), rank}
		case left < judge.ExpiresSoon:
			return ranked{bad(report.Caution, figure, why), rank}
		default:
			return ranked{pass("%s", figure), rank}
		}
	})
}

// names judges whether the certificates are valid for the hosts that the members advertise.
func names(e *evidence) []finding {
	return e.eachCertificate(func(l listener) ranked {
		if selfSigned(l.chain.value[0]) {
			return ranked{bad(report.Caution, fmt.Sprintf("for %s: etcd made it by itself", l.name), explanation{
				"nobody can verify it, whatever names it has: whoever answers in the member's place is taken for it",
				fmt.Sprintf("give etcd a certificate of a CA (--%scert-file and --%skey-file) in place of --%sauto-tls", l.flags(), l.flags(), l.flags()),
			}), 0}
		}
		if len(l.hosts) == 0 {
			return ranked{finding: evidenceMissing("what the member advertises cannot be told")}
		}
		var missing []string
		for _, host := range l.hosts {
			if l.chain.value[0].VerifyHostname(host) != nil {
				missing = append(missing, host)
			}
		}
		if len(missing) == 0 {
			return ranked{finding: pass("for %s: %s", l.name, strings.Join(l.hosts, ", "))}
		}
		return ranked{bad(report.Fail, fmt.Sprintf("for %s, and not for %s: it has %s", l.name, strings.Join(missing, ", "), namesOf(l.chain.value[0])), explanation{
			"the member advertises a name that its certificate is not for: who verifies it refuses the connection",
			"make the certificate anew with the advertised names among its SANs",
		}), 1}
	})
}

// rotation judges whether a replacement of the CAs was left incomplete. Only clusters of this project's manifests have
// one.
func rotation(e *evidence) []finding {
	if found := e.fromStatus(report.Fail, withReason(advice.CARotation)); len(found) > 0 {
		return found
	}
	ours := e.cluster.SealConfig != "" && slices.ContainsFunc(e.members, func(m memberEvidence) bool { return m.clients.tls })
	switch {
	case !ours:
		return nil
	case e.answerCount() == 0: // the certificates that members present show it
		return []finding{evidenceMissing(e.noAnswerReason())}
	}
	return []finding{pass("none under way")}
}

// selfSigned reports whether a certificate is one that etcd makes for itself (client/pkg/transport/listener.go,
// SelfCert).
func selfSigned(c *x509.Certificate) bool {
	return slices.Equal(c.Subject.Organization, []string{"etcd"}) && c.Subject.CommonName == "" && slices.Equal(c.RawSubject, c.RawIssuer)
}

func namesOf(c *x509.Certificate) string {
	names := c.DNSNames
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// eachCertificate judges each certificate that a member presents.
func (e *evidence) eachCertificate(of func(listener) ranked) []finding {
	var found []ranked
	for _, m := range e.members {
		for _, l := range []listener{m.clients, m.peers} {
			if !l.tls {
				continue // see encryption
			}
			f := ranked{finding: evidenceMissing(cmp.Or(l.chain.missing, "it showed no certificate"))}
			if len(l.chain.value) > 0 {
				f = of(l)
			}
			f.Member = m.Name
			found = append(found, f)
		}
	}
	return worstFirst(found)
}
