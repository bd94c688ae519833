package advice

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// probes warns of members that answer now, and that the kubelet ends again and again.
func (v view) probes() []report.Warning {
	var found []report.Warning
	for _, place := range v.Members {
		m, _ := v.status.Member(place.Name)
		if place.ProbeFails == "" || m.Version == "" || place.CrashLoop() == "" {
			continue
		}
		_, restarts := place.Process()
		found = append(found, one(ProbeFails,
			fmt.Sprintf("the kubelet has ended etcd of member %q, which was restarted %d times: %s", m.Name, restarts, place.ProbeFails),
			v.mendProbe(place)...)...)
	}
	return found
}

// MendProbe is what to do about a member whose probe lets the kubelet end it, one step a line; or "".
func MendProbe(c *cluster.Cluster, place cluster.Member) string {
	if place.ProbeFails == "" {
		return ""
	}
	return lines(view{Cluster: c}.mendProbe(place))
}

func (v view) mendProbe(place cluster.Member) []string {
	return []string{
		"where the probe asks for what etcd does not serve, correct it; where etcd is too slow for it, give it a longer failureThreshold, or a startupProbe:",
		v.Kubectl("describe pod " + place.PodName),
		"what etcd did until then:", v.lastLog(place.Name),
	}
}

func lines(steps []string) string { return strings.Join(steps, "\n") }
