package cluster

import "fmt"

// OnlyMember returns the cluster as if it had one member only: the one of that name, or whose pod has that name. Clients of it
// reach no other.
func (c *Cluster) OnlyMember(name string) (*Cluster, error) {
	m, ok := c.Member(name)
	if !ok {
		return nil, fmt.Errorf("etcd cluster %s/%s has no member %q (see %q)", c.Namespace, c.Name, name, c.Command("members"))
	}
	if trouble := m.Trouble(); trouble != "" {
		return nil, fmt.Errorf("pod %q of member %q does not run: %s (leave --member out, and another one is taken)", m.PodName, m.Name, trouble)
	}
	alone := *c
	alone.Members = []Member{m}
	return &alone, nil
}
