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
	// pauseFor is how long a leader is stopped: several elections long, and shorter than its liveness probe's patience.
	pauseFor = 6 * time.Second
	// backOff is how long a pod must have been without a crash before the kubelet forgets it: until then it waits longer
	// each time before it starts the container again (13, 29, 52, 84 s were measured).
	backOff = 10 * time.Minute
)

// crash kills the leader's etcd with SIGKILL.
func crash() Fault {
	return Fault{
		Name: "crash", About: "kill the leader's etcd (SIGKILL): nothing is handed over (takes a cluster brought up with --drillable)",
		Struck: "etcd of the leader {} was killed",
		Expect: history.Expectation{NewLeader: true, Restart: true},
		Aim:    aimAtFresh("kill etcd (SIGKILL) in pod %s by an ephemeral container"),
		Check:  checkAgent,
		Ready:  freshPod,
		Do: func(ctx context.Context, s *Scene) error {
			_, err := s.signal(ctx, "kill")
			return err
		},
	}
}

// suspend stops the leader's etcd for a while: it does not end, answers nobody, and believes afterwards that it still leads.
func suspend() Fault {
	return Fault{
		Name: "pause", About: "stop the leader's etcd for a while (SIGSTOP, then SIGCONT; see --for; takes --drillable as well)", For: pauseFor, Lasts: true,
		Struck: "etcd of the leader {} was stopped for a while",
		Expect: history.Expectation{NewLeader: true},
		Aim:    aimAtFresh("stop etcd (SIGSTOP) for a while in pod %s by an ephemeral container"),
		Check:  checkAgent,
		Ready:  freshPod,
		Do: func(ctx context.Context, s *Scene) error {
			said, err := s.signal(ctx, "pause", s.For.String())
			if err == nil && said.Until.IsZero() {
				err = fmt.Errorf("the agent does not say when it let etcd of member %q go on", s.Targets[0])
			}
			return err
		},
	}
}

// checkAgent refuses a pod in which no other container could reach etcd's process.
func checkAgent(ctx context.Context, s *Scene) error {
	pod, err := s.pod(s.Targets[0])
	if err != nil {
		return err
	}
	c := s.View.Cluster
	if pod.Spec.ShareProcessNamespace == nil || !*pod.Spec.ShareProcessNamespace {
		return fmt.Errorf("the containers of pod %q do not share a process namespace, so that no other one can reach etcd's process (%q restarts the members one after the other with one)",
			pod.Name, c.Kubectl("etcd up "+c.Name+" --drillable"))
	}
	if s.For > agentLongest {
		return fmt.Errorf("a pause of %s is longer than the agent takes: at most %s", s.For, agentLongest)
	}
	return s.addAgent(ctx, pod, agentName(), []string{"kill"}, metav1.DryRunAll)
}

// aimAtFresh is aimAtLeader, and says what freshPod may do.
func aimAtFresh(does string) func(report.Status) ([]string, string, error) {
	return func(s report.Status) ([]string, string, error) {
		targets, plan, err := aimAtLeader(does)(s)
		return targets, plan + fmt.Sprintf(" (its pod is deleted first if it has crashed within the last %s)", backOff), err
	}
}

// freshPod renews a pod that has crashed not long ago: the kubelet would hold the next start back, and it is not its
// back-off that is to be measured.
func freshPod(ctx context.Context, s *Scene) (bool, error) {
	m, _ := s.View.Cluster.Member(s.Targets[0])
	if !m.EndedSince(time.Now().Add(-backOff)) {
		return false, nil
	}
	if err := s.renewable(s.Targets[0]); err != nil {
		return false, err
	}
	s.Env.Progress.Step("Deleting pod %s first: it has crashed within the last %s, and the kubelet would hold the next start back", m.PodName, backOff)
	if err := deploy.DeletePod(ctx, s.Env.Kube, m.Pod); err != nil {
		return false, err
	}
	return true, s.Env.Settle(ctx)
}

// signal has the agent do its work in the target's pod, waits for its end, and returns what it says it did.
func (s *Scene) signal(ctx context.Context, command ...string) (said, error) {
	target := s.Targets[0]
	pod, err := s.pod(target)
	if err != nil {
		return said{}, err
	}
	name := agentName()
	asked := time.Now()
	// The kubelet starts the container whenever it can, also when nobody waits for it any more.
	err = s.addAgent(ctx, pod, name, append([]string{"--not-after=" + asked.Add(agentStart).Format(time.RFC3339Nano)}, command...))
	if err == nil || ctx.Err() != nil { // a request that was cut off may have been carried out
		s.Left(fmt.Sprintf("the ephemeral container %q stays in the spec of pod %s until that is deleted (Kubernetes removes none)", name, pod.Name))
	}
	if err != nil {
		return said{}, err
	}
	end, err := s.awaitAgent(ctx, pod, name)
	if err != nil {
		s.Left(fmt.Sprintf("the ephemeral container %q may still send its signal (%s), until %s after it was added", name, command[0], agentStart))
		return said{}, err
	}
	did, err := readAgent(end, name, pod.Name)
	if err != nil {
		return said{}, err
	}
	// The agent's clock is its node's: it cannot have acted before it was asked, nor after its end was seen.
	at := did.At
	if now := time.Now(); at.Before(asked) || at.After(now) {
		s.Event("the clock of the node of pod %s differs from this one's: the moment of the fault is not exact", pod.Name)
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
		return c, fmt.Errorf("which container of pod %q runs etcd is not known", m.PodName)
	}
	return c, nil
}
