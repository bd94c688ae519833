package cluster

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// settled leaves out the pods that have ended for good, such as evicted ones, where their owner has made others. The
// newest that failed stays where there is no other: why it failed is all that is known of that etcd. A StatefulSet makes
// its pods again under the same names, and a Job's end as they are meant to.
func settled(found []*candidate) []*candidate {
	return slices.DeleteFunc(found, func(c *candidate) bool {
		if len(c.sets) > 0 {
			return false
		}
		if alive := slices.DeleteFunc(slices.Clone(c.pods), over); len(alive) > 0 {
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

// apart makes a candidate of each container that runs etcd, where the pods of one have several. In pods of ours the other
// containers are additions: the cluster keeps its name.
func apart(found []*candidate) []*candidate {
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
			part.pods = slices.DeleteFunc(slices.Clone(c.pods), func(p *corev1.Pod) bool { // of another revision
				_, has := etcdContainer(p.Spec, container.Name)
				return !has
			})
			all = append(all, &part)
		}
	}
	return all
}

// spec returns what a candidate's pods are to run.
func (c *candidate) spec() corev1.PodSpec {
	switch {
	case len(c.sets) > 0:
		return c.sets[0].Spec.Template.Spec
	case len(c.pods) > 0:
		return c.pods[len(c.pods)-1].Spec
	}
	return corev1.PodSpec{}
}
