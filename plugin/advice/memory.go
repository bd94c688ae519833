package advice

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// MoreMemory is how to give a member that was killed for its memory more of it, one step a line; or "". It deletes no pod: the
// member may run again, and most often the others were killed as well.
func MoreMemory(c *cluster.Cluster, place cluster.Member) string {
	if place.OOMKilled() == "" {
		return ""
	}
	steps, pending := view{Cluster: c}.raiseMemory(place)
	if pending {
		steps = append(steps, "the pods get it when they are made again: delete them one at a time, each when all members are healthy")
	}
	return lines(steps)
}

// moreMemory gives more memory to a member that does not run because it was killed for its memory.
func (v view) moreMemory(place cluster.Member) []string {
	steps, pending := v.raiseMemory(place)
	if !pending {
		return steps
	}
	steps = append(steps, v.Kubectl("delete pod "+place.PodName))
	if len(v.Members) > 1 {
		steps = append(steps, "the other pods keep the old limit until they are made again: delete them one at a time, each when all members are healthy")
	}
	return steps
}

// raiseMemory raises the memory limit of the container that was killed, as far as that is a command. pending reports whether
// its pod is still to be deleted then. Where the data goes with the pod there is no command: the limit is not worth the keys,
// and a member that starts without data takes a new identity.
func (v view) raiseMemory(place cluster.Member) (steps []string, pending bool) {
	container := place.OOMKilled()
	_, limit, own := place.Memory(container)
	kind := map[cluster.OwnerKind]string{cluster.OwnerStatefulSet: "statefulset", "Deployment": "deployment"}[v.Owner.Kind]
	ordinary := slices.ContainsFunc(place.Pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == container })
	switch {
	case limit.IsZero():
		return []string{
			"its node ran out of memory: request as much for etcd as it uses, so that others are killed first; what else is on the node:",
			v.KubectlEverywhere("describe node " + place.Node()),
		}, false
	case place.Volatile() != "":
		return []string{
			fmt.Sprintf("the memory limit of %s for container %q is too low; a higher one takes a new pod, and the data goes with the old one: save that on node %q first:", limit.String(), container, place.Node()),
			v.Kubectl("describe pod " + place.PodName),
		}, false
	case kind == "" || strings.Contains(v.Owner.Name, ",") || !own || !ordinary:
		return []string{
			fmt.Sprintf("raise the memory limit of %s for container %q: %s:", limit.String(), container, v.write(place)),
			v.Kubectl("describe pod " + place.PodName),
		}, false
	}
	set := []string{"give it more memory:", v.Kubectl(v.setMemory(place, kind, container))}
	if v.StatefulSet == nil {
		return set, false
	}
	return append(v.restartNone(), set...), true
}

// setMemory gives a container of a StatefulSet or Deployment twice the memory. A pod is not resized as it is: the kubelet does
// that to containers that run, and not to one that is killed again and again (tried on Kubernetes 1.36).
func (v view) setMemory(place cluster.Member, kind, container string) string {
	request, limit, _ := place.Memory(container)
	both := request.Cmp(limit) == 0
	limit.Add(limit)
	args := fmt.Sprintf("set resources %s %s -c %s --limits=memory=%s", kind, v.Owner.Name, container, limit.String())
	if both { // what is sure to be there for it stays so
		args += " --requests=memory=" + limit.String()
	}
	return args
}
