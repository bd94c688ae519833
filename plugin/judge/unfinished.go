package judge

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Unfinished returns why a cluster is not healthy even if every member is: an operation was left incomplete, and the next
// failure may cost more than it should. Each text is a clause, to be joined into a sentence.
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
	underWay := c.Operation.Text != "" && !c.Operation.Abandoned // its process completes it
	if behind := OutdatedMembers(c); len(behind) > 0 && !underWay {
		found = append(found, fmt.Sprintf("the pods of %s have an earlier template", strings.Join(behind, ", ")))
	}
	if s.RotationPhase != "" && !underWay {
		found = append(found, "the replacement of the CAs is not complete")
	}
	if c.Operation.Abandoned {
		found = append(found, fmt.Sprintf("operation %q was abandoned", c.Operation.Command()))
	}
	return found
}

// OutdatedMembers returns the names of the members whose pods have an earlier template than the StatefulSet's. It returns nil for a
// cluster that was not deployed from this project's manifests. In these manifests the update strategy is OnDelete: a
// template was applied, and the members were not rolled, or not all of them.
func OutdatedMembers(c *cluster.Cluster) []string {
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
