package cluster

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// OOMKilled returns the name of the container that keeps the member's etcd from running because the kernel killed it for
// its memory use, or "".
func (m Member) OOMKilled() string {
	if m.Pod == nil {
		return ""
	}
	for _, s := range m.blockingStatuses() {
		if last := lastTermination(s); last != nil && last.Reason == oomKilled && !cannotStart(s) {
			return s.Name
		}
	}
	return ""
}

// Memory returns the memory request and limit of a container of the member's pod; zero means that it is not set. own is
// false if the limit is that of the whole pod.
func (m Member) Memory(container string) (request, limit resource.Quantity, own bool) {
	if m.Pod == nil {
		return request, limit, false
	}
	all := slices.Concat(m.Pod.Spec.Containers, m.Pod.Spec.InitContainers)
	if i := slices.IndexFunc(all, func(c corev1.Container) bool { return c.Name == container }); i >= 0 {
		request, limit = *all[i].Resources.Requests.Memory(), *all[i].Resources.Limits.Memory()
	}
	if pod := m.Pod.Spec.Resources; limit.IsZero() && pod != nil {
		return request, *pod.Limits.Memory(), false
	}
	return request, limit, true
}

// memoryText says which memory limit a killed container exceeded.
func (m Member) memoryText(container string) string {
	switch _, limit, own := m.Memory(container); {
	case limit.IsZero():
		return "its node ran out of memory, and it has no memory limit (OOMKilled)"
	case own:
		return fmt.Sprintf("it exceeded its memory limit of %s (OOMKilled)", limit.String())
	default:
		return fmt.Sprintf("it exceeded its pod's memory limit of %s (OOMKilled)", limit.String())
	}
}
