package advice

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// probes warns of members that answer, but that the kubelet restarts again and again because a probe fails.
func (v view) probes() []report.Warning {
	var found []report.Warning
	for _, member := range v.Members {
		m, _ := v.status.Member(member.Name)
		if member.ProbeFails == "" || m.Version == "" || member.CrashLoop() == "" {
			continue
		}
		_, restarts := member.Process()
		found = append(found, warning(ProbeFails,
			fmt.Sprintf("the kubelet has ended etcd of member %q, which was restarted %d times: %s", m.Name, restarts, member.ProbeFails),
			v.mendProbe(member)...)...)
	}
	return found
}

// ProbeRemedy returns the steps for a member that the kubelet restarts because a probe fails, one a line, or "" if none fails.
func ProbeRemedy(c *cluster.Cluster, member cluster.Member) string {
	if member.ProbeFails == "" {
		return ""
	}
	return lines(view{Cluster: c}.mendProbe(member))
}

func (v view) mendProbe(member cluster.Member) []string {
	return []string{
		"if the probe requests what etcd does not serve, correct it; if etcd is too slow for the probe, raise its failureThreshold or add a startupProbe:",
		v.Kubectl("describe pod " + member.PodName),
		"what etcd logged until then:", v.lastLog(member.Name),
	}
}

func lines(steps []string) string { return strings.Join(steps, "\n") }
