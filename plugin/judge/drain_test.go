package judge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// members returns a cluster of n members with a pod each, named a, b, c and so on. Each pod has a common label, and one with
// its name.
func members(n int) *cluster.Cluster {
	c := &cluster.Cluster{StatefulSet: &appsv1.StatefulSet{}}
	c.StatefulSet.Spec.Replicas = ptr.To(int32(n))
	for i := range n {
		name := string(rune('a' + i))
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": "etcd", "pod": name}}}
		c.Members = append(c.Members, cluster.Member{Name: name, PodName: name, Pod: pod})
	}
	return c
}

// budget returns a budget that selects the pods with those labels; nil selects all pods of the cluster.
func budget(spec policyv1.PodDisruptionBudgetSpec, labels map[string]string) policyv1.PodDisruptionBudget {
	if labels == nil {
		labels = map[string]string{"app": "etcd"}
	}
	spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	return policyv1.PodDisruptionBudget{Spec: spec}
}

func maxUnavailable(v intstr.IntOrString) policyv1.PodDisruptionBudgetSpec {
	return policyv1.PodDisruptionBudgetSpec{MaxUnavailable: &v}
}

func minAvailable(v intstr.IntOrString) policyv1.PodDisruptionBudgetSpec {
	return policyv1.PodDisruptionBudgetSpec{MinAvailable: &v}
}

func TestDrained(t *testing.T) {
	number, percent := intstr.FromInt32, intstr.FromString
	all := map[string]string(nil)
	only := func(pod string) map[string]string { return map[string]string{"pod": pod} }
	shared := budget(minAvailable(number(2)), all)
	shared.Status.ExpectedPods = 10 // seven belong to another workload
	lost := budget(maxUnavailable(number(1)), all)
	lost.Name = "lost"
	lost.Status.Conditions = []metav1.Condition{{Type: policyv1.DisruptionAllowedCondition, Reason: policyv1.SyncFailedReason, Message: "no scale"}}
	for name, c := range map[string]struct {
		members int
		budgets []policyv1.PodDisruptionBudget
		want    Disruption
	}{
		"no budget":              {3, nil, Disruption{Evictable: 3, Bare: []string{"a", "b", "c"}}},
		"max 1":                  {5, []policyv1.PodDisruptionBudget{budget(maxUnavailable(number(1)), all)}, Disruption{Evictable: 1}},
		"max 0":                  {3, []policyv1.PodDisruptionBudget{budget(maxUnavailable(number(0)), all)}, Disruption{}},
		"max 33%, rounded up":    {5, []policyv1.PodDisruptionBudget{budget(maxUnavailable(percent("33%")), all)}, Disruption{Evictable: 2}},
		"min 1":                  {3, []policyv1.PodDisruptionBudget{budget(minAvailable(number(1)), all)}, Disruption{Evictable: 2}},
		"min 50%, rounded up":    {3, []policyv1.PodDisruptionBudget{budget(minAvailable(percent("50%")), all)}, Disruption{Evictable: 1}},
		"min above replicas":     {3, []policyv1.PodDisruptionBudget{budget(minAvailable(number(5)), all)}, Disruption{}},
		"max above replicas":     {3, []policyv1.PodDisruptionBudget{budget(maxUnavailable(number(9)), all)}, Disruption{Evictable: 3}},
		"no limit":               {3, []policyv1.PodDisruptionBudget{budget(policyv1.PodDisruptionBudgetSpec{}, all)}, Disruption{}},
		"not a number":           {3, []policyv1.PodDisruptionBudget{budget(maxUnavailable(percent("x")), all)}, Disruption{}},
		"selects other pods too": {3, []policyv1.PodDisruptionBudget{shared}, Disruption{Evictable: 3}},
		"the stricter of two": {
			3,
			[]policyv1.PodDisruptionBudget{budget(minAvailable(number(1)), all), budget(maxUnavailable(number(1)), all)},
			Disruption{Evictable: 1, Several: []string{"a", "b", "c"}},
		},
		"one pod has a budget of its own": {
			3,
			[]policyv1.PodDisruptionBudget{budget(maxUnavailable(number(1)), all), budget(maxUnavailable(number(1)), only("b"))},
			Disruption{Evictable: 1, Several: []string{"b"}},
		},
		"sync failed": {3, []policyv1.PodDisruptionBudget{lost}, Disruption{Failed: []Failed{{"lost", "no scale"}}}},
		"a budget for each pod": {3, []policyv1.PodDisruptionBudget{
			budget(maxUnavailable(number(1)), only("a")), budget(maxUnavailable(number(1)), only("b")), budget(maxUnavailable(number(1)), only("c")),
		}, Disruption{Evictable: 3}},
		"one pod without a budget": {2, []policyv1.PodDisruptionBudget{budget(maxUnavailable(number(1)), only("a"))}, Disruption{Evictable: 2, Bare: []string{"b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			cl := members(c.members)
			cl.Surroundings.Budgets = c.budgets
			if diff := cmp.Diff(c.want, EvaluateBudgets(cl)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestDrainedWithoutPod: a member without a pod counts neither as evictable nor as not covered.
func TestDrainedWithoutPod(t *testing.T) {
	c := members(2)
	c.Members = append([]cluster.Member{{Name: "without a pod"}}, c.Members...)
	c.Surroundings.Budgets = []policyv1.PodDisruptionBudget{budget(maxUnavailable(intstr.FromInt32(1)), map[string]string{"pod": "a"})}
	if diff := cmp.Diff(Disruption{Evictable: 2, Bare: []string{"b"}}, EvaluateBudgets(c)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestCountable checks for which owners the disruption controller can read a scale.
func TestCountable(t *testing.T) {
	for kind, want := range map[string]bool{"StatefulSet": true, "ReplicaSet": true, "ReplicationController": true, "DaemonSet": false, "EtcdCluster": false, "": false} {
		c := members(3)
		for _, m := range c.Members {
			if kind != "" {
				m.Pod.OwnerReferences = []metav1.OwnerReference{{Kind: kind, Controller: ptr.To(true)}}
			}
		}
		c.Members = append([]cluster.Member{{Name: "without a pod"}}, c.Members...)
		if got := Countable(c); got != want {
			t.Errorf("%s: %t", kind, got)
		}
	}
}
