package fault

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// leader deletes the leader's pod as kubectl does: etcd gets SIGTERM and its grace period.
func leader() Fault {
	return Fault{
		Name: "leader", About: "delete the leader's pod",
		Struck: "the leader's pod {} was deleted",
		Expect: history.Expectation{NewLeader: true, NewPod: true},
		Aim:    aimAtLeader("delete pod %s"),
		Check:  checkDelete,
		Do:     func(ctx context.Context, s *Scene) error { return deleteTargets(ctx, s, nil) },
	}
}

// leaderForce deletes the pod without a grace period. That is no crash: the kubelet still sends SIGTERM, with about 2 s
// (pkg/kubelet/kuberuntime/kuberuntime_manager.go).
func leaderForce() Fault {
	f := leader()
	f.Name, f.About = "leader-force", "delete the leader's pod without a grace period (also: leader --force)"
	f.Struck = "the leader's pod {} was deleted without a grace period"
	f.Aim = aimAtLeader("delete pod %s without a grace period")
	f.Do = func(ctx context.Context, s *Scene) error { return deleteTargets(ctx, s, ptr.To[int64](0)) }
	return f
}

// follower deletes a follower's pod.
func follower() Fault {
	return Fault{
		Name: "follower", About: "delete a follower's pod: the leader must not change",
		Struck: "the follower's pod {} was deleted",
		Expect: history.Expectation{SameLeader: true, NewPod: true},
		Aim:    aimAtFollower("delete pod %s"),
		Check:  checkDelete,
		Do:     func(ctx context.Context, s *Scene) error { return deleteTargets(ctx, s, nil) },
	}
}

// quorum deletes the pods of the leader and of as many followers as make a majority, all at once.
func quorum() Fault {
	return Fault{
		Name: "quorum", About: "delete the pods of a majority at once without a grace period: an outage, but no lost write",
		Struck: "the pods {}, a majority, were deleted at once",
		Expect: history.Expectation{NewLeader: true, NewPod: true, Outage: true},
		Aim: func(s report.Status) ([]string, string, error) {
			voters := len(s.Voters())
			if voters < 3 {
				return nil, "", fmt.Errorf("etcd cluster %s/%s has %d voters: a majority of them is all of them (this drill needs at least 3)", s.Namespace, s.Cluster, voters)
			}
			targets := append([]string{s.Leader}, followers(s)[:voters/2]...)
			return targets, fmt.Sprintf("delete the pods of %d of the %d voters of etcd cluster %s/%s at once: the cluster loses its quorum, and no client can write until the pods are back",
				len(targets), voters, s.Namespace, s.Cluster), nil
		},
		Check: checkDelete,
		Do:    func(ctx context.Context, s *Scene) error { return deleteTargets(ctx, s, ptr.To[int64](0)) },
	}
}

func checkDelete(ctx context.Context, s *Scene) error {
	for _, target := range s.Targets {
		if err := s.checkRecreated(target); err != nil {
			return err
		}
		if err := deletePod(ctx, s, target, nil, metav1.DryRunAll); err != nil {
			return err
		}
	}
	return nil
}

// deleteTargets deletes all targets at once. One after the other, the leadership would move from one target to the
// next.
func deleteTargets(ctx context.Context, s *Scene, grace *int64) error {
	var deleting errgroup.Group
	for _, target := range s.Targets {
		deleting.Go(func() error {
			err := deletePod(ctx, s, target, grace)
			if err == nil {
				s.Event("delete pod %s", target)
			}
			return err
		})
	}
	return deleting.Wait()
}

func deletePod(ctx context.Context, s *Scene, target string, grace *int64, dryRun ...string) error {
	pod, err := s.pod(target)
	if err != nil {
		return err
	}
	return s.Env.Kube.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
		Preconditions: metav1.NewUIDPreconditions(string(pod.UID)), GracePeriodSeconds: grace, DryRun: dryRun,
	})
}

// rolling deletes every member's pod in turn, the leader's last, and waits after each until all members are healthy.
func rolling() Fault {
	return Fault{
		Name: "rolling", About: "delete each member's pod in turn, the leader's last",
		Struck: "the pods {} were deleted in turn",
		Lasts:  true,
		Expect: history.Expectation{NewLeader: true, NewPod: true},
		Aim: func(s report.Status) ([]string, string, error) {
			if err := canLose(s, 1); err != nil {
				return nil, "", err
			}
			targets := append(followers(s), s.Leader)
			return targets, fmt.Sprintf("delete the pod of each of the %d voters of etcd cluster %s/%s in turn, the leader's last", len(targets), s.Namespace, s.Cluster), nil
		},
		Check: checkDelete,
		Do: func(ctx context.Context, s *Scene) error {
			for i, target := range s.Targets {
				if i > 0 {
					if err := s.Until(ctx); err != nil {
						return err
					}
				}
				if err := deletePod(ctx, s, target, nil); err != nil {
					return err
				}
				s.Event("delete pod %s", target)
			}
			return nil
		},
	}
}
