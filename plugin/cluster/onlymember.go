package cluster

import "fmt"

// OnlyMember returns a copy of the cluster whose only member is the one with that name or pod name, so that clients
// reach no other. It returns an error if there is no such member or its pod does not run etcd.
func (c *Cluster) OnlyMember(name string) (*Cluster, error) {
	m, ok := c.Member(name)
	if !ok {
		return nil, fmt.Errorf("etcd cluster %s/%s has no member %q (see %q)", c.Namespace, c.Name, name, c.Command("members"))
	}
	if trouble := m.PodProblem(); trouble != "" {
		return nil, fmt.Errorf("pod %q of member %q does not run: %s (omit --member to use another member)", m.PodName, m.Name, trouble)
	}
	alone := *c
	alone.Members = []Member{m}
	return &alone, nil
}
