package cluster

import "strings"

// AtPod reports whether the server advertises an address of its own member's pod: the pod's IP, the node's IP for a pod
// on the host network, or a name that begins with the pod's. Any other name may be a Service that leads to another
// member.
func (s Server) AtPod(m Member) bool {
	host := hostOf(s.Advertised)
	if m.Pod == nil || host == "" {
		return false
	}
	first, _, dotted := strings.Cut(host, ".")
	switch host {
	case m.Pod.Status.PodIP:
		return true
	case m.Pod.Status.HostIP:
		return m.Pod.Spec.HostNetwork
	}
	return dotted && (first == m.PodName || first == m.Pod.Spec.Hostname && m.Pod.Spec.Subdomain != "")
}
