package advice

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// MoreMemory returns the steps that raise the memory limit of a member that was OOM-killed, one a line, or "" if it was not.
// It deletes no pod: the member may run again, and often the others were killed too.
func MoreMemory(c *cluster.Cluster, member cluster.Member) string {
	if member.OOMKilled() == "" {
		return ""
	}
	steps, pending := view{Cluster: c}.raiseMemory(member)
	if pending {
		steps = append(steps, "the pods get the new limit when they are recreated: delete them one at a time, each when all members are healthy")
	}
	return lines(steps)
}

// moreMemory returns the steps that give more memory to a member that is down because it was OOM-killed.
func (v view) moreMemory(member cluster.Member) []string {
	steps, pending := v.raiseMemory(member)
	if !pending {
		return steps
	}
	steps = append(steps, v.Kubectl("delete pod "+member.PodName))
	if len(v.Members) > 1 {
		steps = append(steps, "the other pods keep the old limit until they are recreated: delete them one at a time, each when all members are healthy")
	}
	return steps
}

// raiseMemory returns the steps that raise the memory limit of the killed container, as a command where one can do it.
// pending reports whether the pod must still be deleted after them. There is no command if the data is deleted with the pod:
// that would lose the keys, and a member that starts without data needs a new identity.
func (v view) raiseMemory(member cluster.Member) (steps []string, pending bool) {
	container := member.OOMKilled()
	_, limit, limitIsOwn := member.Memory(container)
	kind := map[cluster.OwnerKind]string{cluster.OwnerStatefulSet: "statefulset", "Deployment": "deployment"}[v.Owner.Kind]
	regular := slices.ContainsFunc(member.Pod.Spec.Containers, func(c corev1.Container) bool { return c.Name == container })
	switch {
	case limit.IsZero():
		return []string{
			"its node ran out of memory: request as much memory for etcd as it uses, so that other pods are killed first; see what else runs on the node:",
			v.KubectlEverywhere("describe node " + member.Node()),
		}, false
	case member.Volatile() != "":
		return []string{
			fmt.Sprintf("the memory limit of %s for container %q is too low; a higher limit needs a new pod, and the data is deleted with the old one: first save the data on node %q:", limit.String(), container, member.Node()),
			v.Kubectl("describe pod " + member.PodName),
		}, false
	case kind == "" || strings.Contains(v.Owner.Name, ",") || !limitIsOwn || !regular:
		return []string{
			fmt.Sprintf("raise the memory limit of %s for container %q: %s:", limit.String(), container, v.howToCorrect(member)),
			v.Kubectl("describe pod " + member.PodName),
		}, false
	}
	set := []string{"give it more memory:", v.Kubectl(v.setMemory(member, kind, container))}
	if v.StatefulSet == nil {
		return set, false
	}
	return append(v.useOnDelete(), set...), true
}

// setMemory returns the kubectl arguments that double the memory of a container in a StatefulSet or Deployment. An in-place
// resize of the pod does not help: the kubelet resizes running containers, not one that is killed again and again (tried on
// Kubernetes 1.36).
func (v view) setMemory(member cluster.Member, kind, container string) string {
	request, limit, _ := member.Memory(container)
	both := request.Cmp(limit) == 0
	limit.Add(limit)
	args := fmt.Sprintf("set resources %s %s -c %s --limits=memory=%s", kind, v.Owner.Name, container, limit.String())
	if both { // keep the memory guaranteed
		args += " --requests=memory=" + limit.String()
	}
	return args
}
