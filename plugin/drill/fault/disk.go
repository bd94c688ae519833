package fault

import (
	"context"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/replace"
)

const (
	// sealLimit limits the wait until the kubelet has recreated the pod and etcd has exited in it.
	sealLimit = 2 * time.Minute
	sealPoll  = 200 * time.Millisecond
	// refusedStart is what etcd logs if it has no data and its name is not in initial-cluster
	// (server/config/config.go).
	refusedStart = "couldn't find local name"
)

// disk deletes a follower's volume: the seal must keep the member from starting empty, and a replacement brings it
// back.
func disk() Fault {
	return Fault{
		Name: "disk", About: "delete a follower's volume: the seal must keep it from starting empty, and \"replace\" must bring it back",
		Struck: "the volume of the follower {} was deleted",
		Lasts:  true,
		Expect: history.Expectation{SameLeader: true, NewPod: true, NewMember: true},
		Aim:    aimAtFollower("delete the volume of pod %s and the data on it"),
		Check:  checkDisk,
		Do:     doDisk,
	}
}

func checkDisk(ctx context.Context, s *Scene) error {
	c, target := s.View.Cluster, s.Targets[0]
	switch {
	case c.Seal.State == cluster.SealNone:
		return fmt.Errorf("etcd cluster %s/%s has no seal: a member that loses its volume may start empty under its old member ID, and acknowledged writes can be lost (\"kubectl etcd up\" creates clusters with a seal)",
			c.Namespace, c.Name)
	case c.Seal.State != cluster.SealClosed:
		return fmt.Errorf("the seal of etcd cluster %s/%s is not closed: a member that loses its volume may start empty under its old member ID (%q closes the seal)",
			c.Namespace, c.Name, c.Command("seal"))
	case c.ClaimName(target) == "":
		return fmt.Errorf("pod %q has no volume claim", target)
	}
	if err := checkDelete(ctx, s); err != nil {
		return err
	}
	return s.Env.Kube.CoreV1().PersistentVolumeClaims(c.Namespace).Delete(ctx, c.ClaimName(target), metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
}

func doDisk(ctx context.Context, s *Scene) error {
	c, target := s.View.Cluster, s.Targets[0]
	pod, err := s.pod(target)
	if err != nil {
		return err
	}
	belongings, err := deploy.FindBelongings(ctx, s.Env.Kube, c.Namespace, pod.Name, c.ClaimName(target))
	if err != nil {
		return err
	}
	if belongings.Pod == nil || belongings.Pod.UID != pod.UID || belongings.Claim == nil {
		return fmt.Errorf("pod %q or its volume claim was recreated in the meantime (try again)", pod.Name)
	}
	s.Left(fmt.Sprintf("the old volume of member %s: if its storage class retains volumes, it stays in phase Released (%q)", target, c.KubectlEverywhere("get persistentvolumes")))
	unreplaced := func(err error) error {
		return fmt.Errorf("%w (member %q has lost its volume, and was not replaced: run %q)", err, target, c.Command("replace "+target))
	}
	if err := deploy.DeleteBelongings(ctx, s.Env.Kube, c.Namespace, belongings); err != nil {
		return unreplaced(err)
	}
	s.Event("the volume claim %s and pod %s are gone", c.ClaimName(target), pod.Name)
	if err := s.awaitSeal(ctx, pod.Name); err != nil {
		return unreplaced(err)
	}
	s.Event("the seal holds: %s has no data and does not start", target)
	if err := replace.Broken(ctx, s.Env, s.Lease, target); err != nil {
		return unreplaced(fmt.Errorf("replace member %q: %w", target, err))
	}
	s.Event("%s was replaced", target)
	return nil
}

// awaitSeal waits until etcd has exited in the new pod because its name is not in initial-cluster. It returns an error
// if the member starts without its data.
func (s *Scene) awaitSeal(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, sealLimit, fmt.Errorf("it was not observed within %s that the seal keeps pod %q from starting", name, sealLimit))
	defer cancel()
	for {
		now, err := s.Env.Open(ctx)
		if err == nil {
			m, _ := now.Cluster.Member(name)
			said := m.LastExit() + m.PodProblem()
			ready := cluster.Ready(m.Pod)
			now.Close()
			switch {
			case strings.Contains(said, refusedStart):
				return nil
			case ready:
				return fmt.Errorf("the seal failed: member %q started without its data", name)
			}
		}
		if err := Pause(ctx, sealPoll); err != nil {
			return err
		}
	}
}
