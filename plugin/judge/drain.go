package judge

import (
	"cmp"
	"slices"

	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Drain is what the disruption budgets of a cluster let happen when nodes are drained.
type Drain struct {
	Evictable int      // pods that may be away at the same time
	Bare      []string // pods that no budget selects
	Several   []string // pods that several budgets select: Kubernetes refuses to evict them, with an error
	Failed    []Failed // budgets that Kubernetes cannot count with: it refuses every eviction under them
}

// Failed is a budget that the disruption controller fails on, with its own word on why.
type Failed struct{ Budget, Why string }

// Evictable returns how many of a cluster's pods Kubernetes may evict at the same time, as the budgets over them are
// written; all of them where there is none.
func Evictable(c *cluster.Cluster) int { return Drained(c).Evictable }

// Drained reads the budgets as they are written, whatever state the pods are in.
func Drained(c *cluster.Cluster) Drain {
	var d Drain
	let := make([]int, len(c.Around.Budgets)) // how many each budget lets go
	for i, b := range c.Around.Budgets {
		let[i] = allowed(c, b)
		if why := syncFailed(b); why != "" {
			d.Failed = append(d.Failed, Failed{b.Name, why})
		}
	}
	under := map[int]int{} // how many pods are under each budget; a pod of several is under the strictest
	for _, m := range c.Members {
		if m.Pod == nil {
			continue
		}
		selecting := selectors(c, m)
		switch {
		case len(selecting) == 0:
			d.Bare = append(d.Bare, m.PodName)
			continue
		case len(selecting) > 1:
			d.Several = append(d.Several, m.PodName)
		}
		under[slices.MinFunc(selecting, func(a, b int) int { return let[a] - let[b] })]++
	}
	d.Evictable = len(d.Bare)
	for i, pods := range under {
		d.Evictable += min(pods, let[i])
	}
	return d
}

// selectors returns which budgets select a member's pod.
func selectors(c *cluster.Cluster, m cluster.Member) []int {
	var found []int
	for i, b := range c.Around.Budgets {
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err == nil && selector.Matches(labels.Set(m.Pod.Labels)) {
			found = append(found, i)
		}
	}
	return found
}

// allowed returns how many pods a budget lets go when all are well, as the disruption controller counts: percentages
// are rounded up, and are of what the owners of the pods ask for (kubernetes/pkg/controller/disruption,
// getExpectedPodCount). A budget that says nothing lets none go.
func allowed(c *cluster.Cluster, b policyv1.PodDisruptionBudget) int {
	if syncFailed(b) != "" {
		return 0
	}
	expected := c.Replicas()
	if b.Status.ExpectedPods > 0 && b.Status.ObservedGeneration == b.Generation {
		expected = int(b.Status.ExpectedPods) // it may select pods of others too
	}
	scaled := func(value *intstr.IntOrString) int {
		n, err := intstr.GetScaledValueFromIntOrPercent(value, expected, true)
		if err != nil {
			return 0
		}
		return n
	}
	switch {
	case b.Spec.MaxUnavailable != nil:
		return min(scaled(b.Spec.MaxUnavailable), expected)
	case b.Spec.MinAvailable != nil:
		return max(expected-scaled(b.Spec.MinAvailable), 0)
	}
	return 0
}

// syncFailed says why the disruption controller cannot count with a budget, or "" where it can.
func syncFailed(b policyv1.PodDisruptionBudget) string {
	c := meta.FindStatusCondition(b.Status.Conditions, policyv1.DisruptionAllowedCondition)
	if c == nil || c.Reason != policyv1.SyncFailedReason {
		return ""
	}
	return cmp.Or(c.Message, c.Reason)
}

// Countable reports whether the disruption controller knows how many pods of a cluster there should be, which it takes for
// percentages and for maxUnavailable: it asks the scale of the pods' controllers (kubernetes/pkg/controller/disruption,
// finders). A DaemonSet has none, and of an operator's own resource nobody knows. A whole number of minAvailable needs it
// not.
func Countable(c *cluster.Cluster) bool {
	for _, m := range c.Members {
		if m.Pod == nil {
			continue
		}
		by := metav1.GetControllerOf(m.Pod)
		if by == nil || !slices.Contains([]string{"StatefulSet", "ReplicaSet", "ReplicationController"}, by.Kind) {
			return false
		}
	}
	return true
}
