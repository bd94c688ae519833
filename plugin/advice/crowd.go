package advice

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Crowd is a failure domain with so many of a cluster's members that the others are no quorum.
type Crowd struct {
	Label   string // the node label that defines the domain: the host name or the zone
	Value   string // of that label
	Members []string
	Used    []string // all domains of that label that have members
	Spread  bool     // the domains in Used suffice if the members are spread better; otherwise other domains are needed
}

// Crowds returns the node and the zone whose loss would lose the quorum, if there are such. It returns none for clusters
// that survive no loss anyway.
func Crowds(c *cluster.Cluster) []Crowd {
	n := len(c.Members)
	if judge.Tolerance(n) == 0 {
		return nil // the loss of any member loses the quorum
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

// crowded warns of a node or zone whose loss would lose the quorum.
func (v view) crowded(crowd *Crowd) []report.Warning {
	if crowd == nil {
		return nil
	}
	reason, kind, where, nodes := OneNode, "node", "on", crowd.Value
	if crowd.Label == corev1.LabelTopologyZone {
		reason, kind, where, nodes = OneZone, "zone", "in", fmt.Sprintf("-l %s=%s", crowd.Label, crowd.Value)
	}
	message := fmt.Sprintf("%d of %d members run %s %s %q (%s): losing it loses the quorum, and other %ss could take members",
		len(crowd.Members), len(v.Members), where, kind, crowd.Value, list(crowd.Members), kind)
	switch {
	case v.ours():
		return warning(reason, message, "recreate one of them elsewhere, with a new volume:",
			v.KubectlEverywhere("cordon "+nodes), v.Command("replace "+v.follower(crowd.Members)+" --force"), v.KubectlEverywhere("uncordon "+nodes))
	case v.Owner.Kind == cluster.OwnerNode:
		return warning(reason, message, "run control plane nodes in other zones")
	}
	return warning(reason, message, fmt.Sprintf("spread the pods: give their template a topologySpreadConstraint, or anti-affinity, over %s", crowd.Label))
}

// follower returns the last of the members that is not the leader, or the first if there is none.
func (v view) follower(names []string) string {
	for _, name := range slices.Backward(names) {
		if name != v.status.Leader {
			return name
		}
	}
	return names[0]
}
