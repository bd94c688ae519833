package advice

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	request, limit, own := place.Memory(container)
	static := v.Owner.Kind == cluster.OwnerNode
	ordinary := slices.ContainsFunc(place.Pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == container })
	switch {
	case limit.IsZero():
		return []string{"where etcd requests as much memory as it uses, others on its node go first; see what there is:", v.KubectlEverywhere("describe node " + place.Node())}
	case static || !own || !ordinary || place.Over():
		return []string{
			fmt.Sprintf("raise the memory limit of %s for container %q: %s:", limit.String(), container, write(place)),
			v.Kubectl("describe pod " + place.PodName),
		}
	}
	// A pod whose requests are its limits has to keep that so, else Kubernetes refuses to resize it.
	both := request.Cmp(limit) == 0
	limit.Add(limit)
	more := limit.String()
	if v.StatefulSet == nil {
		return append(v.resize(place, container, more, both), "and see to it that pods that are made later have it too: "+v.written(place))
	}
	steps := append(v.restartNone(), v.setMemory(container, more, both))
	if place.Volatile() != "" { // its data goes with the pod
		return append(steps, v.resize(place, container, more, both)...)
	}
	return append(steps, v.Kubectl("delete pod "+place.PodName))
}

// resize gives a container of a pod more memory without the pod being made again.
func (v view) resize(place cluster.Member, container, memory string, both bool) []string {
	resources := fmt.Sprintf(`"limits":{"memory":"%s"}`, memory)
	if both {
		resources += fmt.Sprintf(`,"requests":{"memory":"%s"}`, memory)
	}
	return []string{
		"give it more memory, as it is:",
		v.Kubectl("patch pod "+place.PodName) + fmt.Sprintf(` --subresource=resize -p '{"spec":{"containers":[{"name":"%s","resources":{%s}}]}}'`, container, resources),
	}
}

func (v view) setMemory(container, memory string, both bool) string {
	args := fmt.Sprintf("set resources statefulset %s -c %s --limits=memory=%s", v.StatefulSet.Name, container, memory)
	if both {
		args += " --requests=memory=" + memory
	}
	return v.Kubectl(args)
}

// written says where the limits of a pod are written that no StatefulSet makes.
func (v view) written(place cluster.Member) string {
	if metav1.GetControllerOf(place.Pod) == nil {
		return "write the limit into the pod's manifest"
	}
	return "write the limit into that of " + v.Owner.String()
}
