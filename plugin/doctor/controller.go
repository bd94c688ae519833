package doctor

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// updates judges how a change of the pod template reaches the pods.
func updates(e *evidence) []finding {
	return e.judgeStatefulSet(func(set *appsv1.StatefulSet) finding {
		strategy := string(set.Spec.UpdateStrategy.Type)
		if strategy == string(appsv1.OnDeleteStatefulSetStrategyType) {
			return pass("%s", strategy)
		}
		return bad(report.Caution, strategy, explanation{
			"a rollout does not know the roles of members and continues while a member is down: it can lose the quorum",
			e.patchSet(`"updateStrategy":{"type":"OnDelete","rollingUpdate":null}`) +
				"\nthen, after each change of the template, delete the pods one at a time, each when all members are healthy, the leader's last",
		})
	})
}

// starts judges whether all members can start again after all were stopped.
func starts(e *evidence) []finding {
	return e.judgeStatefulSet(func(set *appsv1.StatefulSet) finding {
		if set.Spec.PodManagementPolicy != appsv1.ParallelPodManagement {
			return bad(report.Caution, "podManagementPolicy "+string(set.Spec.PodManagementPolicy), explanation{
				"after all pods were deleted, the second pod is not created before the first is Ready, which needs a quorum: the cluster never comes back",
				e.renewSet(set),
			})
		}
		for _, s := range e.cluster.Surroundings.Services {
			if s.Name == set.Spec.ServiceName && s.Spec.ClusterIP == corev1.ClusterIPNone && !s.Spec.PublishNotReadyAddresses {
				return bad(report.Caution, fmt.Sprintf("Service %s hides members that are not ready", s.Name), explanation{
					"members find one another through it: once none of them is Ready, none becomes Ready again, because none is found",
					e.cluster.Kubectl("patch service "+s.Name) + ` --type=merge -p '{"spec":{"publishNotReadyAddresses":true}}'`,
				})
			}
		}
		return pass("all at the same time")
	})
}

// patchSet returns the remedy that changes a field of the StatefulSet. An operator reverts changes to a StatefulSet
// that it owns.
func (e *evidence) patchSet(field string) string {
	if e.cluster.Owner.Kind != cluster.OwnerStatefulSet {
		return fmt.Sprintf("configure %s to create its StatefulSet with %s", e.cluster.Owner, field)
	}
	return fmt.Sprintf("%s --type=merge -p '{\"spec\":{%s}}'", e.cluster.Kubectl("patch statefulset "+e.cluster.StatefulSet.Name), field)
}

// renewSet returns the commands that replace the StatefulSet and keep its pods. They save a copy first: kubectl deletes
// the StatefulSet before it creates it again.
func (e *evidence) renewSet(set *appsv1.StatefulSet) string {
	const field = `"podManagementPolicy":"Parallel"`
	if e.cluster.Owner.Kind != cluster.OwnerStatefulSet {
		return e.patchSet(field)
	}
	saved := set.Name + ".json"
	return "podManagementPolicy cannot be changed in place: change it in the manifest of the StatefulSet, and replace the StatefulSet without deleting its pods:\n" +
		e.cluster.Kubectl("get statefulset "+set.Name) + " -o json >" + saved + "\n" +
		"kubectl patch --local -f " + saved + " --type=merge -p '{\"spec\":{" + field + "}}' -o json | " +
		e.cluster.KubectlEverywhere("replace --force --cascade=orphan -f -")
}

// judgeStatefulSet judges the StatefulSet if it has more than one replica.
func (e *evidence) judgeStatefulSet(of func(*appsv1.StatefulSet) finding) []finding {
	if e.cluster.StatefulSet == nil || e.cluster.Replicas() < 2 {
		return nil
	}
	return []finding{of(e.cluster.StatefulSet)}
}
