package certificates

import (
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// keptPhase returns the phase of a replacement of the CAs by the content of the Secrets and the CAs that the members trust.
func keptPhase(k *certs.Certificates, shown []MemberShown) report.RotationPhase {
	switch k.Stage() {
	case certs.StageBegin:
		if k.Begun() {
			return report.RotationBegun
		}
		return report.RotationDone
	case certs.StageTrust:
		clients, peers := k.Expected(false)
		if slices.ContainsFunc(shown, func(m MemberShown) bool {
			return m.Err != nil || !trusts(m.Clients, clients) || !trusts(m.Peers, peers)
		}) {
			return report.RotationBegun
		}
		return report.RotationTrusted
	case certs.StageIssue:
		return report.RotationTrusted
	}
	return report.RotationSigned
}
