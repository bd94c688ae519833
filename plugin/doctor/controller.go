package doctor

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// updates judges how a change of the template reaches the pods.
func updates(e *evidence) []finding {
	return e.set(func(set *appsv1.StatefulSet) finding {
		strategy := string(set.Spec.UpdateStrategy.Type)
		if strategy == string(appsv1.OnDeleteStatefulSetStrategyType) {
			return pass("%s", strategy)
		}
		return bad(report.Caution, strategy, because{
			"a rollout knows no roles and goes on past a member that is down: it can take the quorum away",
			"set updateStrategy to OnDelete and restart members one at a time, the leader last",
		})
	})
}

// starts judges whether all members can start again after all were gone.
func starts(e *evidence) []finding {
	return e.set(func(set *appsv1.StatefulSet) finding {
		if set.Spec.PodManagementPolicy != appsv1.ParallelPodManagement {
			return bad(report.Caution, "podManagementPolicy "+string(set.Spec.PodManagementPolicy), because{
				"after all pods were gone, the second is not made before the first is ready, and that needs a quorum: the cluster never comes back",
				"make the StatefulSet anew with podManagementPolicy Parallel (kubectl delete --cascade=orphan keeps the pods)",
			})
		}
		for _, s := range e.cluster.Around.Services {
			if s.Name == set.Spec.ServiceName && s.Spec.ClusterIP == corev1.ClusterIPNone && !s.Spec.PublishNotReadyAddresses {
				return bad(report.Caution, fmt.Sprintf("Service %s hides members that are not ready", s.Name), because{
					"members find one another by it: after all were gone, none becomes ready because none is found",
					"set publishNotReadyAddresses: true on it",
				})
			}
		}
		return pass("all at the same time")
	})
}

// set judges the StatefulSet, where one makes more than one member.
func (e *evidence) set(of func(*appsv1.StatefulSet) finding) []finding {
	if e.cluster.StatefulSet == nil || e.cluster.Replicas() < 2 {
		return nil
	}
	return []finding{of(e.cluster.StatefulSet)}
}
