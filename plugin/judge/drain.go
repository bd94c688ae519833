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

// Disruption is how many of a cluster's pods its PodDisruptionBudgets allow to be evicted, and which pods they do not cover.
type Disruption struct {
	Evictable int      // pods that may be evicted at the same time
	Bare      []string // names of the pods that no budget selects
	Several   []string // names of the pods that several budgets select: the API server refuses to evict them, with an error
	Failed    []Failed // budgets that the disruption controller fails on: every eviction under them is refused
}

// Failed is a budget that the disruption controller fails on; Why is the message of its condition.
type Failed struct{ Budget, Why string }

// Evictable returns how many of a cluster's pods may be evicted at the same time by the specs of their budgets, which is
// all of them without a budget.
func Evictable(c *cluster.Cluster) int { return EvaluateBudgets(c).Evictable }

// EvaluateBudgets evaluates the budgets' specs as if all pods were healthy.
func EvaluateBudgets(c *cluster.Cluster) Disruption {
	var d Disruption
	allowances := make([]int, len(c.Surroundings.Budgets)) // pods that each budget allows to evict
	for i, b := range c.Surroundings.Budgets {
		allowances[i] = allowedDisruptions(c, b)
		if why := syncFailed(b); why != "" {
			d.Failed = append(d.Failed, Failed{b.Name, why})
		}
	}
	covered := map[int]int{} // number of pods by the index of their budget; a pod of several counts for the strictest
	for _, m := range c.Members {
		if m.Pod == nil {
			continue
		}
		selecting := selectingBudgets(c, m)
		switch {
		case len(selecting) == 0:
			d.Bare = append(d.Bare, m.PodName)
			continue
		case len(selecting) > 1:
			d.Several = append(d.Several, m.PodName)
		}
		covered[slices.MinFunc(selecting, func(a, b int) int { return allowances[a] - allowances[b] })]++
	}
	d.Evictable = len(d.Bare)
	for i, pods := range covered {
		d.Evictable += min(pods, allowances[i])
	}
	return d
}

// selectingBudgets returns the indexes of the budgets that select a member's pod.
func selectingBudgets(c *cluster.Cluster, m cluster.Member) []int {
	var found []int
	for i, b := range c.Surroundings.Budgets {
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err == nil && selector.Matches(labels.Set(m.Pod.Labels)) {
			found = append(found, i)
		}
	}
	return found
}

// allowedDisruptions returns how many pods a budget allows to be evicted when all are healthy. It counts as the disruption
// controller does: percentages are of the replicas that the pods' owners declare, rounded up
// (kubernetes/pkg/controller/disruption, getExpectedPodCount). A budget without a limit allows none.
func allowedDisruptions(c *cluster.Cluster, b policyv1.PodDisruptionBudget) int {
	if syncFailed(b) != "" {
		return 0
	}
	expected := c.Replicas()
	if b.Status.ExpectedPods > 0 && b.Status.ObservedGeneration == b.Generation {
		expected = int(b.Status.ExpectedPods) // the budget may select other pods too
	}
	podCount := func(value *intstr.IntOrString) int {
		n, err := intstr.GetScaledValueFromIntOrPercent(value, expected, true)
		if err != nil {
			return 0
		}
		return n
	}
	switch {
	case b.Spec.MaxUnavailable != nil:
		return min(podCount(b.Spec.MaxUnavailable), expected)
	case b.Spec.MinAvailable != nil:
		return max(expected-podCount(b.Spec.MinAvailable), 0)
	}
	return 0
}

// syncFailed returns the message of the budget's SyncFailed condition, or "" if the disruption controller can evaluate it.
func syncFailed(b policyv1.PodDisruptionBudget) string {
	c := meta.FindStatusCondition(b.Status.Conditions, policyv1.DisruptionAllowedCondition)
	if c == nil || c.Reason != policyv1.SyncFailedReason {
		return ""
	}
	return cmp.Or(c.Message, c.Reason)
}

// Countable reports whether the disruption controller can find out how many pods a cluster should have. It needs that for
// percentages and for maxUnavailable, and reads it from the scale of the pods' controllers
// (kubernetes/pkg/controller/disruption, finders). A DaemonSet has no scale, and a custom resource may have none. An integer
// minAvailable does not need it.
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
