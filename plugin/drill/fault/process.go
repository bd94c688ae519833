package fault

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

const (
	// pauseFor is how long a leader is stopped: longer than several elections, and shorter than what its liveness probe
	// tolerates.
	pauseFor = 6 * time.Second
	// backOff is how long a pod must run without a crash until the kubelet resets its back-off. Before that, each
	// restart waits longer (13, 29, 52, 84 s were measured).
	backOff = 10 * time.Minute
)

// crash kills the leader's etcd with SIGKILL.
func crash() Fault {
	return Fault{
		Name: "crash", About: "kill the leader's etcd (SIGKILL), without a leadership transfer (needs a cluster brought up with --drillable)",
		Struck: "etcd of the leader {} was killed",
		Expect: history.Expectation{NewLeader: true, Restart: true},
		Aim:    aimAtFresh("kill etcd (SIGKILL) in pod %s with an ephemeral container"),
		Check:  checkAgent,
		Ready:  recreateCrashed,
		Do: func(ctx context.Context, s *Scene) error {
			_, err := s.signal(ctx, "kill")
			return err
		},
	}
}

// suspend stops the leader's etcd for a while: the process does not end and answers no request, and believes afterwards
// that it still leads.
func suspend() Fault {
	return Fault{
		Name: "pause", About: "pause the leader's etcd (SIGSTOP, then SIGCONT; see --for; needs --drillable too)", For: pauseFor, Lasts: true,
		Struck: "etcd of the leader {} was paused",
		Expect: history.Expectation{NewLeader: true},
		Aim:    aimAtFresh("pause etcd (SIGSTOP) in pod %s with an ephemeral container"),
		Check:  checkAgent,
		Ready:  recreateCrashed,
		Do: func(ctx context.Context, s *Scene) error {
			said, err := s.signal(ctx, "pause", s.For.String())
			if err == nil && said.Until.IsZero() {
				err = fmt.Errorf("the agent did not report when it continued etcd of member %q", s.Targets[0])
			}
			return err
		},
	}
}

// checkAgent refuses a pod in which no other container can signal etcd's process.
func checkAgent(ctx context.Context, s *Scene) error {
	pod, err := s.pod(s.Targets[0])
	if err != nil {
		return err
	}
	c := s.View.Cluster
	if pod.Spec.ShareProcessNamespace == nil || !*pod.Spec.ShareProcessNamespace {
		return fmt.Errorf("the containers of pod %q do not share a process namespace, so an ephemeral container cannot signal etcd (%q restarts the members one after the other with a shared one)",
			pod.Name, c.Kubectl("etcd up "+c.Name+" --drillable"))
	}
	if s.For > agentLongest {
		return fmt.Errorf("a pause of %s is longer than the agent allows: at most %s", s.For, agentLongest)
	}
	return s.addAgent(ctx, pod, agentName(), []string{"kill"}, metav1.DryRunAll)
}

// aimAtFresh is aimAtLeader. Its plan adds that recreateCrashed may delete the pod first.
func aimAtFresh(does string) func(report.Status) ([]string, string, error) {
	return func(s report.Status) ([]string, string, error) {
		targets, plan, err := aimAtLeader(does)(s)
		return targets, plan + fmt.Sprintf(" (its pod is deleted first if it has crashed within the last %s)", backOff), err
	}
}

// recreateCrashed deletes a pod that has crashed recently, so that it is recreated: otherwise the drill would measure
// the kubelet's back-off.
func recreateCrashed(ctx context.Context, s *Scene) (bool, error) {
	m, _ := s.View.Cluster.Member(s.Targets[0])
	if !m.EndedSince(time.Now().Add(-backOff)) {
		return false, nil
	}
	if err := s.checkRecreated(s.Targets[0]); err != nil {
		return false, err
	}
	s.Env.Progress.Step("Deleting pod %s first: it has crashed within the last %s, and the kubelet would delay its next start (back-off)", m.PodName, backOff)
	if err := deploy.DeletePod(ctx, s.Env.Kube, m.Pod); err != nil {
		return false, err
	}
	return true, s.Env.WaitHealthyAndReady(ctx)
}

// signal runs the agent in the target's pod, waits for its end, and returns its report.
func (s *Scene) signal(ctx context.Context, command ...string) (agentReport, error) {
	target := s.Targets[0]
	pod, err := s.pod(target)
	if err != nil {
		return agentReport{}, err
	}
	name := agentName()
	asked := time.Now()
	// The kubelet may start the container late, even after the drill has stopped waiting for it.
	err = s.addAgent(ctx, pod, name, append([]string{"--not-after=" + asked.Add(agentStart).Format(time.RFC3339Nano)}, command...))
	if err == nil || ctx.Err() != nil { // a cancelled request may have been executed
		s.Left(fmt.Sprintf("the ephemeral container %q stays in the spec of pod %s until the pod is deleted (Kubernetes does not remove ephemeral containers)", name, pod.Name))
	}
	if err != nil {
		return agentReport{}, err
	}
	end, err := s.awaitAgent(ctx, pod, name)
	if err != nil {
		s.Left(fmt.Sprintf("the ephemeral container %q may still send its signal (%s) until %s after it was added", name, command[0], agentStart))
		return agentReport{}, err
	}
	did, err := readAgent(end, name, pod.Name)
	if err != nil {
		return agentReport{}, err
	}
	// The agent's clock is its node's: the agent cannot have acted before it was added, nor after its end was observed.
	at := did.At
	if now := time.Now(); at.Before(asked) || at.After(now) {
		s.Event("the clock of the node of pod %s differs from the clock of this machine: the time of the fault is not exact", pod.Name)
		at = asked
	}
	s.Struck(at, fmt.Sprintf("%s to etcd (pid %d) of %s", did.Signal, did.PID, target))
	if !did.Until.IsZero() {
		s.EventAt(did.Until, "SIGCONT to etcd of "+target)
	}
	return did, nil
}

// container returns the spec of the container that runs etcd in the pod.
func (s *Scene) container(target string) (corev1.Container, error) {
	m, _ := s.View.Cluster.Member(target)
	c, found := m.Container()
	if !found {
		return c, fmt.Errorf("the container of pod %q that runs etcd is not known", m.PodName)
	}
	return c, nil
}
