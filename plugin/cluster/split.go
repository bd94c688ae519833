package cluster

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// withoutEndedPods drops the pods that have ended for good, such as evicted ones, if their owner has made new ones. If
// all pods of a candidate have ended, it keeps the newest failed one, whose status says why etcd does not run; it drops
// Jobs and candidates whose pods all succeeded. Candidates with a StatefulSet stay as they are: a StatefulSet makes its
// pods again under the same names.
func withoutEndedPods(found []*candidate) []*candidate {
	return slices.DeleteFunc(found, func(c *candidate) bool {
		if len(c.sets) > 0 {
			return false
		}
		if alive := slices.DeleteFunc(slices.Clone(c.pods), podEnded); len(alive) > 0 {
			c.pods = alive
			return false
		}
		failed := slices.DeleteFunc(slices.Clone(c.pods), func(p *corev1.Pod) bool { return p.Status.Phase != corev1.PodFailed })
		if len(failed) == 0 || c.owner.Kind == "Job" {
			return true
		}
		c.pods = []*corev1.Pod{slices.MaxFunc(failed, func(a, b *corev1.Pod) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })}
		return false
	})
}

// splitByContainer makes a candidate of each container that runs etcd, if the pods of a candidate have several. In a
// StatefulSet of these manifests the other containers are additions: the sealed container keeps the name of the cluster.
func splitByContainer(found []*candidate) []*candidate {
	var all []*candidate
	for _, c := range found {
		spec := c.spec()
		containers := etcdContainers(spec)
		if len(containers) < 2 {
			all = append(all, c)
			continue
		}
		own := ""
		if c.ours() {
			_, own = sealOf(spec)
		}
		for _, container := range containers {
			part := *c
			part.container = container.Name
			if container.Name != own {
				part.suffix = container.Name
			}
			part.pods = slices.DeleteFunc(slices.Clone(c.pods), func(p *corev1.Pod) bool { // of a revision without the container
				_, has := etcdContainer(p.Spec, container.Name)
				return !has
			})
			all = append(all, &part)
		}
	}
	return all
}

// spec returns the pod spec of a candidate: that of its first StatefulSet, or that of its last pod.
func (c *candidate) spec() corev1.PodSpec {
	switch {
	case len(c.sets) > 0:
		return c.sets[0].Spec.Template.Spec
	case len(c.pods) > 0:
		return c.pods[len(c.pods)-1].Spec
	}
	return corev1.PodSpec{}
}
