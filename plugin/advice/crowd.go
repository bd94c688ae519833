package advice

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Crowd is so many of a cluster's members in one failure domain that the others are no quorum.
type Crowd struct {
	Label   string // of the nodes: the host name, or the zone
	Value   string
	Members []string
	Used    []string // all domains of that kind that have members
	Spread  bool     // those would do, with the members spread better: else it can be helped only where there are others
}

// Crowds returns the node and the zone that losing would lose the quorum, where there are such.
func Crowds(c *cluster.Cluster) []Crowd {
	n := len(c.Members)
	if judge.Tolerance(n) == 0 {
		return nil // every member counts
	}
	members := make([]report.Member, n)
	for i, m := range c.Members {
		members[i] = report.Member{Name: m.Name, Node: m.Node(), Zone: m.Zone}
	}
	var found []Crowd
	for _, kind := range []struct {
		label string
		of    func(report.Member) string
	}{
		{corev1.LabelHostname, func(m report.Member) string { return m.Node }},
		{corev1.LabelTopologyZone, func(m report.Member) string { return m.Zone }},
	} {
		domains, _ := judge.Domains(members, kind.of)
		if len(domains) == 0 || !domains[0].TakesQuorum(n) {
			continue
		}
		crowd := Crowd{Label: kind.label, Value: domains[0].Name, Members: domains[0].Voters}
		for _, d := range domains {
			crowd.Used = append(crowd.Used, d.Name)
		}
		fairest := (n + len(domains) - 1) / len(domains)
		crowd.Spread = fairest <= judge.Tolerance(n)
		found = append(found, crowd)
	}
	return found
}

// crowded warns of a node, or a zone, that takes the quorum with it.
func (v view) crowded(crowd *Crowd) []report.Warning {
	if crowd == nil {
		return nil
	}
	reason, place, nodes := OneNode, "on node", crowd.Value
	if crowd.Label == corev1.LabelTopologyZone {
		reason, place, nodes = OneZone, "in zone", fmt.Sprintf("-l %s=%s", crowd.Label, crowd.Value)
	}
	message := fmt.Sprintf("%d of %d members run %s %q (%s): losing it loses the quorum, and there are others",
		len(crowd.Members), len(v.Members), place, crowd.Value, list(crowd.Members))
	switch {
	case v.ours():
		return one(reason, message, "give one a new volume elsewhere:",
			v.KubectlEverywhere("cordon "+nodes), v.Command("replace "+v.follower(crowd.Members)+" --force"), v.KubectlEverywhere("uncordon "+nodes))
	case v.Owner.Kind == cluster.OwnerNode:
		return one(reason, message, "run control plane nodes in other zones")
	}
	return one(reason, message, fmt.Sprintf("spread the pods: give their template a topologySpreadConstraint, or anti-affinity, over %s", crowd.Label))
}

// follower returns the last of those members that does not lead.
func (v view) follower(names []string) string {
	for _, name := range slices.Backward(names) {
		if name != v.status.Leader {
			return name
		}
	}
	return names[0]
}
