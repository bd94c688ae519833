package cluster

import "strings"

// AtPod reports whether what the server advertises is an address of its own member's pod, and not a Service that may lead to
// another one: the pod's address, its node's for a pod on that network, or a name that begins with the pod's.
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
