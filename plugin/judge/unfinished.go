package judge

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Unfinished returns what keeps a cluster from being healthy although each of its members may serve: something was left
// half-done, so that the next failure costs more than it should. Each text is a part of a sentence.
func Unfinished(c *cluster.Cluster, s report.Status) []string {
	var found []string
	for _, m := range s.Members {
		if m.Role == report.Learner {
			found = append(found, fmt.Sprintf("member %q is a learner", m.Name))
		}
	}
	switch c.Seal.State {
	case cluster.SealEmpty:
		found = append(found, "the cluster is not sealed")
	case cluster.SealMissing:
		found = append(found, fmt.Sprintf("the seal's ConfigMap %q is missing", c.SealConfig))
	case cluster.SealOpen:
		found = append(found, fmt.Sprintf("the seal is open for member %q", c.Seal.Admits))
	}
	underWay := c.Operation.Text != "" && !c.Operation.Abandoned // it goes on by itself
	if behind := Behind(c); len(behind) > 0 && !underWay {
		found = append(found, fmt.Sprintf("the pods of %s are of an earlier template", strings.Join(behind, ", ")))
	}
	if s.RotationPhase != "" && !underWay {
		found = append(found, "the replacement of the CAs is not ended")
	}
	if c.Operation.Abandoned {
		found = append(found, fmt.Sprintf("operation %q was abandoned", c.Operation.Command()))
	}
	return found
}

// Behind returns the members of a cluster of these manifests whose pods are of an earlier template. Their StatefulSet
// restarts none by itself, so that somebody applied a template and nobody has rolled the members to its end.
func Behind(c *cluster.Cluster) []string {
	if c.SealConfig == "" {
		return nil
	}
	members, _ := c.Outdated()
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name
	}
	return names
}
