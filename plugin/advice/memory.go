package advice

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// MoreMemory is what to do about a member that was killed for its memory, one step a line; or "".
func MoreMemory(c *cluster.Cluster, place cluster.Member) string {
	if place.OOMKilled() == "" {
		return ""
	}
	return lines(view{Cluster: c}.moreMemory(place))
}

// moreMemory gives the container of a member that was killed for its memory twice as much.
func (v view) moreMemory(place cluster.Member) []string {
	container := place.OOMKilled()
	_, limit, own := place.Memory(container)
	kind := map[cluster.OwnerKind]string{cluster.OwnerStatefulSet: "statefulset", "Deployment": "deployment"}[v.Owner.Kind]
	ordinary := slices.ContainsFunc(place.Pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == container })
	switch {
	case limit.IsZero():
		return []string{"where etcd requests as much memory as it uses, others on its node go first; see what there is:", v.KubectlEverywhere("describe node " + place.Node())}
	case kind == "" || strings.Contains(v.Owner.Name, ",") || !own || !ordinary:
		return []string{
			fmt.Sprintf("raise the memory limit of %s for container %q: %s:", limit.String(), container, write(place)),
			v.Kubectl("describe pod " + place.PodName),
		}
	}
	return v.setMemory(place, kind, container)
}

// setMemory gives a container of a StatefulSet or Deployment twice the memory. A pod is not resized as it is: the kubelet does
// that to containers that run, and not to one that is killed again and again (tried on Kubernetes 1.36).
func (v view) setMemory(place cluster.Member, kind, container string) []string {
	request, limit, _ := place.Memory(container)
	both := request.Cmp(limit) == 0
	limit.Add(limit)
	args := fmt.Sprintf("set resources %s %s -c %s --limits=memory=%s", kind, v.Owner.Name, container, limit.String())
	if both { // what is sure to be there for it stays so
		args += " --requests=memory=" + limit.String()
	}
	do := "give it more memory:"
	if place.Volatile() != "" {
		do = "give it more memory; the new pod begins without data:"
	}
	if v.StatefulSet == nil {
		return []string{do, v.Kubectl(args)}
	}
	return append(v.restartNone(), do, v.Kubectl(args), v.Kubectl("delete pod "+place.PodName))
}
