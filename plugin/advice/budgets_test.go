package advice

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

func ptrTo(n int32) *int32 { return ptr.To(n) }

func placeVerdicts() []verdict {
	most := func(name, n string) policyv1.PodDisruptionBudget {
		return budget(name, func(b *policyv1.PodDisruptionBudgetSpec) { b.MaxUnavailable = ptr.To(intstr.Parse(n)) })
	}
	least := func(name, n string) policyv1.PodDisruptionBudget {
		return budget(name, func(b *policyv1.PodDisruptionBudgetSpec) { b.MinAvailable = ptr.To(intstr.Parse(n)) })
	}
	first := budget("first", func(b *policyv1.PodDisruptionBudgetSpec) {
		b.MaxUnavailable = ptr.To(intstr.FromInt32(1))
		b.Selector.MatchLabels = map[string]string{"apps.kubernetes.io/pod-index": "0"}
	})
	alone := func(index string) policyv1.PodDisruptionBudget {
		b := budget("for-"+index, func(b *policyv1.PodDisruptionBudgetSpec) {
			b.MinAvailable = ptr.To(intstr.FromInt32(1))
			b.Selector.MatchLabels = map[string]string{"apps.kubernetes.io/pod-index": index}
		})
		b.Status.ExpectedPods = 1
		return b
	}
	failed := func(b policyv1.PodDisruptionBudget) policyv1.PodDisruptionBudget {
		b.Status.Conditions = []metav1.Condition{{
			Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionFalse, Reason: policyv1.SyncFailedReason,
			Message: "x does not implement the scale subresource",
		}}
		return b
	}
	tls := func(s *subject) {
		for i := range s.cluster.Members {
			s.cluster.Members[i].Server.Scheme = "https"
		}
	}
	onEmptyDir := func(s *subject) {
		for _, m := range s.cluster.Members {
			m.Pod.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
		}
	}
	as := func(*corev1.ServiceSpec) {}
	node := &Crowd{Label: corev1.LabelHostname, Value: "node-0", Members: []string{"etcd-0", "etcd-2"}}
	zone := &Crowd{Label: corev1.LabelTopologyZone, Value: "zone-a", Members: []string{"etcd-0", "etcd-1", "etcd-2"}}
	return []verdict{
		{"no budget", well(3).budgets(), []string{NoBudget}},
		{"no budget for others", well(3).otherDeployment().budgets(), []string{NoBudget}},
		{"no budget for an operator's", well(3).ownedBy("EtcdCluster", "x").budgets(), []string{NoBudget}},
		{"no budget for a Deployment", well(3).ownedBy("Deployment", "x").budgets(), []string{NoBudget}},
		{"no budget for a DaemonSet", well(3).ownedBy("DaemonSet", "x").with(func(s *subject) {
			for _, m := range s.cluster.Members {
				m.Pod.Labels = map[string]string{"app": "etcd", "pod-template-generation": "1", "controller-revision-hash": "x"}
			}
		}).budgets(), []string{NoBudget}},
		{"a budget that Kubernetes cannot count with", well(3).ownedBy("DaemonSet", "x").budgets(failed(most("etcd", "1"))), []string{BudgetFails}},
		{"two budgets that Kubernetes cannot count with", well(3).ownedBy("DaemonSet", "x").budgets(failed(alone("0")), failed(alone("1"))), []string{BudgetFails}},
		{"a budget over a Job's pods too", well(3).otherDeployment().budgets(failed(most("etcd", "1"))), []string{BudgetFails}},
		{"two budgets, of which none is right", well(3).otherDeployment().budgets(most("chart", "2"), most("mine", "0")), []string{BudgetsOverlap}},
		{"two budgets, of which the second is right", well(3).otherDeployment().budgets(most("chart", "2"), most("mine", "1")), []string{BudgetsOverlap}},
		{"no budget for bare pods", well(3).ownedBy(cluster.OwnerNone, "x").budgets(), []string{NoBudget}},
		{"no budget for static pods", well(3).ownedBy(cluster.OwnerNode, "etcd").budgets(), nil},
		{"no budget for one", well(1).budgets(), nil},
		{"budgets could not be read", well(3).budgets().with(func(s *subject) {
			s.cluster.Surroundings.Incomplete = []string{"PodDisruptionBudgets (forbidden)"}
		}), nil},
		{"a budget for two of three", well(3).otherDeployment().budgets(most("etcd", "2")), []string{BudgetTooLoose}},
		{"a budget for two of five", well(5).budgets(most("etcd", "2")), nil},
		{"a budget in percent that is right for five", well(5).budgets(most("etcd", "33%")), nil},
		{"a budget in percent that is too much for three", well(3).budgets(most("etcd", "50%")), []string{BudgetTooLoose}},
		{"a budget that keeps one", well(3).budgets(least("etcd", "1")), []string{BudgetTooLoose}},
		{"a budget that keeps one of bare pods", well(3).ownedBy(cluster.OwnerNone, "etcd").budgets(least("etcd", "1")), []string{BudgetTooLoose}},
		{"a budget that keeps two", well(3).budgets(least("etcd", "2")), nil},
		{"a budget that keeps all", well(3).budgets(least("etcd", "100%")), []string{BudgetTooTight}},
		{"a budget for each, which keeps it", well(3).otherDeployment().budgets(alone("0"), alone("1"), alone("2")), []string{BudgetTooTight}},
		{"a budget for one member alone", well(3).otherDeployment().budgets(first), []string{BudgetTooLoose}},
		{"two budgets over the same pods", well(3).budgets(most("chart", "1"), most("mine", "1")), []string{BudgetsOverlap}},

		{"a balancer over plain text", well(3).service(corev1.ServiceTypeLoadBalancer, as), []string{PlainTextExposed}},
		{"a balancer over TLS", well(3).with(tls).service(corev1.ServiceTypeLoadBalancer, as), nil},
		{"a node port over plain text", well(3).otherDeployment().service(corev1.ServiceTypeNodePort, as), []string{PlainTextExposed}},
		{"external addresses over plain text", well(3).service(corev1.ServiceTypeClusterIP, func(s *corev1.ServiceSpec) { s.ExternalIPs = []string{"192.0.2.1"} }), []string{PlainTextExposed}},
		{"inside only", well(3).service(corev1.ServiceTypeClusterIP, as), nil},
		{"a balancer of the metrics", well(3).service(corev1.ServiceTypeLoadBalancer, func(s *corev1.ServiceSpec) { s.Ports[0].Port = 2381 }), nil},

		{"one node takes the quorum", well(3).with(func(s *subject) { s.crowd = node }), []string{OneNode}},
		{"one zone takes the quorum", well(3).otherDeployment().with(func(s *subject) { s.crowd = zone }), []string{OneZone}},
		{"one zone takes the quorum of static pods", well(3).ownedBy(cluster.OwnerNode, "etcd").with(func(s *subject) { s.crowd = zone }), []string{OneZone}},
		{"no volume", well(3).otherDeployment().with(func(s *subject) {
			s.cluster.Members[1].Pod.Spec.Containers[0].VolumeMounts = nil
		}), []string{VolatileData}},
		{"a volume that goes with the pod", well(3).otherDeployment().with(onEmptyDir), []string{VolatileData}},
	}
}

func TestCrowds(t *testing.T) {
	for name, c := range map[string]struct {
		nodes, zones string // one letter for each member
		want         []Crowd
	}{
		"one in each domain": {"abc", "xyz", nil},
		"all on one": {"aaa", "xxx", []Crowd{
			{Label: corev1.LabelHostname, Value: "a", Members: []string{"0", "1", "2"}, Used: []string{"a"}},
			{Label: corev1.LabelTopologyZone, Value: "x", Members: []string{"0", "1", "2"}, Used: []string{"x"}},
		}},
		"all in one zone":             {"abc", "xxx", []Crowd{{Label: corev1.LabelTopologyZone, Value: "x", Members: []string{"0", "1", "2"}, Used: []string{"x"}}}},
		"two of three in one zone":    {"abc", "xyx", []Crowd{{Label: corev1.LabelTopologyZone, Value: "x", Members: []string{"0", "2"}, Used: []string{"x", "y"}}}},
		"two of five in each":         {"abcde", "xxyyz", nil},
		"three of five, and one, one": {"abcde", "xxxyz", []Crowd{{Label: corev1.LabelTopologyZone, Value: "x", Members: []string{"0", "1", "2"}, Used: []string{"x", "y", "z"}, Spread: true}}},
		"zones are unknown":           {"abc", "   ", nil},
		"two members":                 {"aa", "xx", nil},
		"one member":                  {"a", "x", nil},
	} {
		t.Run(name, func(t *testing.T) {
			cl := &cluster.Cluster{}
			for i := range c.nodes {
				m := cluster.Member{Name: string(rune('0' + i)), Pod: &corev1.Pod{}}
				m.Pod.Spec.NodeName = string(c.nodes[i])
				if c.zones[i] != ' ' {
					m.Zone = string(c.zones[i])
				}
				cl.Members = append(cl.Members, m)
			}
			if diff := cmp.Diff(c.want, Crowds(cl)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
