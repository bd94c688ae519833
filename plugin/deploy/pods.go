package deploy

import (
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Waiting returns a line for each member whose pod is not Ready: what the pod waits for, with the newest event.
func Waiting(c *cluster.Cluster) []string {
	var lines []string
	for _, m := range c.Members {
		if !cluster.Ready(m.Pod) {
			lines = append(lines, m.Name+": "+waitingFor(m))
		}
	}
	return lines
}

func waitingFor(m cluster.Member) string {
	trouble := m.PodProblem()
	switch {
	case m.Pod == nil && m.News == "":
		return "waiting for the pod to be created"
	case m.Pod == nil:
		return "waiting for the pod to be created (" + m.News + ")"
	case trouble == "":
		return "running, not ready yet"
	}
	return trouble
}
