package fault

import (
	"context"
	"fmt"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// drainFor is how long a node stays cordoned.
const drainFor = 10 * time.Second

// evict evicts the leader's pod through the eviction API, as a drain does. If a PodDisruptionBudget does not allow it,
// nothing happens.
func evict() Fault {
	return Fault{
		Name: "evict", About: "evict the leader's pod, if its PodDisruptionBudget allows it",
		Struck: "the leader's pod {} was evicted",
		Expect: history.Expectation{NewLeader: true, NewPod: true},
		Aim:    aimAtLeader("evict pod %s"),
		Check:  checkEvict,
		Do: func(ctx context.Context, s *Scene) error {
			if err := evictPod(ctx, s, s.Targets[0]); err != nil {
				return err
			}
			s.Event("evict pod %s", s.Targets[0])
			return nil
		},
	}
}

func checkEvict(ctx context.Context, s *Scene) error {
	if err := s.checkRecreated(s.Targets[0]); err != nil {
		return err
	}
	return evictPod(ctx, s, s.Targets[0], metav1.DryRunAll)
}

func evictPod(ctx context.Context, s *Scene, target string, dryRun ...string) error {
	pod, err := s.pod(target)
	if err != nil {
		return err
	}
	err = s.Env.Kube.CoreV1().Pods(pod.Namespace).EvictV1(ctx, &policyv1.Eviction{
		ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace},
		DeleteOptions: &metav1.DeleteOptions{
			Preconditions: metav1.NewUIDPreconditions(string(pod.UID)), DryRun: dryRun,
		},
	})
	if apierrors.IsTooManyRequests(err) {
		return fmt.Errorf("the PodDisruptionBudget of pod %q allows no eviction now: %w (see %q)", pod.Name, err, s.View.Cluster.Kubectl("get poddisruptionbudgets"))
	}
	return err
}

// drain cordons the leader's node, evicts the leader's pod, and uncordons the node after a while. Other pods on the
// node stay.
func drain() Fault {
	return Fault{
		Name: "drain", About: "cordon the leader's node, evict the leader's pod (and no other pod), and uncordon the node after --for", For: drainFor, Lasts: true,
		Struck: "the leader's pod {} was evicted from its cordoned node",
		Expect: history.Expectation{NewLeader: true, NewPod: true},
		Aim: func(s report.Status) ([]string, string, error) {
			targets, plan, err := aimAtLeader("cordon the node of pod %s")(s)
			return targets, plan + ", evict that pod, and uncordon the node later", err
		},
		Check: checkDrain,
		Do:    doDrain,
	}
}

func checkDrain(ctx context.Context, s *Scene) error {
	if err := checkEvict(ctx, s); err != nil {
		return err
	}
	pod, err := s.pod(s.Targets[0])
	if err != nil {
		return err
	}
	if err := checkUncordoned(ctx, s, pod.Spec.NodeName); err != nil {
		return err
	}
	return cordon(ctx, s, pod.Spec.NodeName, true, metav1.DryRunAll)
}

func checkUncordoned(ctx context.Context, s *Scene, name string) error {
	node, err := s.Env.Kube.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err == nil && node.Spec.Unschedulable {
		err = fmt.Errorf("node %q is already cordoned, and this drill would uncordon it", name)
	}
	return err
}

func doDrain(ctx context.Context, s *Scene) error {
	pod, err := s.pod(s.Targets[0])
	if err != nil {
		return err
	}
	node := pod.Spec.NodeName
	if err := checkUncordoned(ctx, s, node); err != nil { // again: another user may have cordoned it since the check
		return err
	}
	// Registered before the request: a cancelled request may have been executed.
	s.Undoes(fmt.Sprintf("uncordon node %q", node), func(ctx context.Context) error { return cordon(ctx, s, node, false) })
	if err := cordon(ctx, s, node, true); err != nil {
		return err
	}
	s.Event("cordon node %s", node)
	if err := evictPod(ctx, s, s.Targets[0]); err != nil {
		return err
	}
	s.Struck(time.Now(), "evict pod "+s.Targets[0])
	if err := Pause(ctx, s.For); err != nil {
		return err
	}
	if err := s.Undo(ctx); err != nil {
		return err
	}
	s.Event("uncordon node %s", node)
	return nil
}

func cordon(ctx context.Context, s *Scene, node string, on bool, dryRun ...string) error {
	patch := fmt.Sprintf(`{"spec":{"unschedulable":%t}}`, on)
	if !on {
		patch = `{"spec":{"unschedulable":null}}`
	}
	_, err := s.Env.Kube.CoreV1().Nodes().Patch(ctx, node, types.MergePatchType, []byte(patch), metav1.PatchOptions{DryRun: dryRun})
	return err
}
