package drill

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// leaderFault deletes the leader's pod as kubectl does: etcd gets SIGTERM and its grace period.
func leaderFault() Fault {
	return Fault{
		Name:   "leader",
		About:  "delete the leader's pod",
		Expect: Expectation{NewLeader: true, NewPod: true},
		Aim:    aimAtLeader,
		Check: func(ctx context.Context, s Scene) error {
			return deletePod(ctx, s, metav1.DryRunAll)
		},
		Do: func(ctx context.Context, s Scene) error { return deletePod(ctx, s) },
	}
}

func aimAtLeader(s report.Status) (target, plan string, err error) {
	if voters := len(s.Voters()); voters < 3 {
		return "", "", fmt.Errorf("etcd cluster %s/%s cannot do without its leader: of %d voters nobody else could be elected (this drill needs at least 3)",
			s.Namespace, s.Cluster, voters)
	}
	return s.Leader, fmt.Sprintf("delete pod %s, which leads etcd cluster %s/%s", s.Leader, s.Namespace, s.Cluster), nil
}

func deletePod(ctx context.Context, s Scene, dryRun ...string) error {
	pod, err := s.pod()
	if err != nil {
		return err
	}
	// A static pod is not ended by deleting what the API server shows of it; others come back under another name, if at all.
	if owner := metav1.GetControllerOf(pod); owner == nil || owner.Kind != string(cluster.OwnerStatefulSet) {
		return fmt.Errorf("pod %q is not made by a StatefulSet (%s): once deleted it would not be made anew under its name, so there is nothing to measure",
			pod.Name, s.Cluster.Owner)
	}
	if err := s.keepsData(); err != nil {
		return err
	}
	return s.Kube.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
		Preconditions: metav1.NewUIDPreconditions(string(pod.UID)), DryRun: dryRun,
	})
}
