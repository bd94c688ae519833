package render

import (
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// The states that health shows without a count of members.
const (
	scaledToZero    = "scaled to 0"
	notKnown        = "unknown"
	severalClusters = "several etcd clusters"
)

// state returns the cluster's state in a word or two.
func (s statusDocument) state() (string, Level) {
	answered := slices.ContainsFunc(s.Members, func(m report.Member) bool { return m.Version != "" || m.Healthy })
	switch {
	case len(s.Members) == 0:
		return scaledToZero, Bad
	case s.SeveralClusters():
		return severalClusters, Bad
	case !answered && s.AccessError() != "":
		return notKnown, Warn
	case !answered:
		return "no member answers", Bad
	case s.Quorum.Have == 0:
		return "no quorum", Bad
	case s.WritesRefused:
		return "refuses writes", Bad
	case !s.Healthy:
		return "degraded", Warn
	}
	return "healthy", Good
}
