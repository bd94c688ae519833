package advice

import (
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// withoutFirst returns a budget that allows one eviction, and selects all members but the first.
func withoutFirst(name string) policyv1.PodDisruptionBudget {
	return budget(name, func(b *policyv1.PodDisruptionBudgetSpec) {
		b.MaxUnavailable = ptr.To(intstr.FromInt32(1))
		b.Selector.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: "apps.kubernetes.io/pod-index", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"0"}}}
	})
}

// rareVerdicts are the cases in which a rule must not take one state for another.
func rareVerdicts() []verdict {
	one := budget("mine", func(b *policyv1.PodDisruptionBudgetSpec) { b.MaxUnavailable = ptr.To(intstr.FromInt32(1)) })
	uncounted := withoutFirst("etcd")
	uncounted.Status.Conditions = []metav1.Condition{{
		Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionFalse, Reason: policyv1.SyncFailedReason, Message: "x does not implement the scale subresource",
	}}
	pulls := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "no such tag"}}
	return []verdict{
		{"two budgets, of which the first does not select every member", well(5).budgets(withoutFirst("partial"), one), []string{BudgetsOverlap}},
		{"a budget that Kubernetes cannot count with, and that does not select every member", well(3).ownedBy("DaemonSet", "x").budgets(uncounted), []string{BudgetFails}},
		{"corrupt, two of five", well(5).member(1, alarm("CORRUPT")).member(2, alarm("CORRUPT")), []string{Corrupt}},
		{"members that have other names than their pods", well(3).otherDeployment().with(func(s *subject) {
			for i, name := range []string{"a", "b", "c"} {
				s.cluster.Members[i].Name, s.status.Members[i].Name = name, name
			}
			s.status.Leader = "a"
		}), nil},
		{"one beside bare pods runs elsewhere", well(3).ownedBy(cluster.OwnerNone, "etcd").member(2, func(m *report.Member) { m.Name, m.Pod = "other", "" }).with(func(s *subject) {
			s.cluster.Members = s.cluster.Members[:2]
			s.budgets()
		}), nil},
		{"the only member is killed for its memory", well(1).each(down).with(noQuorum).with(func(s *subject) { oomKilled("64Mi")(&s.cluster.Members[0]) }), []string{NoQuorum, PodDown}},
		{"two of three run, and nobody is elected", well(3).each(func(m *report.Member) { m.Role, m.Healthy = report.Follower, false }).member(2, down).with(noQuorum), []string{NoQuorum}},
		{"two say that they lead, and their data goes with their pods", well(3).member(1, func(m *report.Member) { m.Role, m.RaftTerm = report.Leader, 2 }).with(func(s *subject) {
			for i := range s.cluster.Members {
				onEmptyDir(&s.cluster.Members[i])
			}
		}), []string{SeveralLeaders, VolatileData}},
		{"the log of one is behind, and another one is down", well(3).member(0, down).member(1, func(m *report.Member) { m.RaftIndex, m.RaftAppliedIndex = 80_000, 80_000 }), []string{FollowerLags}},
		{"a static pod has lost its data", well(3).ownedBy(cluster.OwnerNode, "etcd").member(1, down).with(crashes("member a1 has already been bootstrapped")).with(func(s *subject) {
			s.cluster.Members[1].Pod.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/var/lib/etcd"}}
		}), []string{DataLost}},
		{"a member on NFS has lost its data", well(3).otherDeployment().member(1, down).with(crashes("member a1 has already been bootstrapped")).with(func(s *subject) {
			s.cluster.Members[1].Pod.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{Server: "nfs", Path: "/etcd"}}
		}), []string{DataLost}},
		{"a node port that the user added over plain text", well(3).service(corev1.ServiceTypeNodePort, func(*corev1.ServiceSpec) {}).with(func(s *subject) {
			s.cluster.Surroundings.Services[0].Labels = nil
		}), []string{PlainTextExposed}},
		{"no space is left, and the data is in the container itself", secondDown(well(3), func(m *cluster.Member) {
			probeFails(corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}})(m)
			m.ProbeFails, m.LastLogLines = "", map[string]string{"etcd": "failed to create WAL: no space left on device"}
			m.Pod.Spec.Containers[0].VolumeMounts = nil
		}), []string{PodDown, VolatileData}},
		{"the image of an init container cannot be pulled", secondDown(well(3), initContainer(pulls, nil)), []string{PodDown}},
		{"no node has room, and an event says what is missing", secondDown(well(3), func(m *cluster.Member) {
			unschedulable("3 node(s) had untolerated taint(s)")(m)
			m.News = `ProvisioningFailed: storageclass "fast" not found`
		}), []string{PodDown}},
		{"one pod cannot be created", well(3).member(1, func(m *report.Member) { down(m); m.Pod = "" }).with(func(s *subject) {
			s.cluster.Members[1].Pod, s.cluster.Members[1].News = nil, "FailedCreate: admission webhook denied it"
		}), []string{PodDown}},
	}
}
