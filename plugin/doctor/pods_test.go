package doctor

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// firstPod changes the pod of the first member.
func firstPod(change func(*corev1.Pod, *corev1.Container)) func(*evidence) {
	return func(e *evidence) {
		only(1)(e)
		pod := e.members[0].kubeMember.Pod
		change(pod, &pod.Spec.Containers[0])
	}
}

func TestImages(t *testing.T) {
	image := func(name string) func(*evidence) {
		return firstPod(func(_ *corev1.Pod, c *corev1.Container) { c.Image = name })
	}
	run(t, map[string]caseOf{
		"tag":                  {"image", only(1), []string{"pass etcd-0: gcr.io/etcd-development/etcd:v3.7.3"}},
		"no tag":               {"image", image("quay.io/coreos/etcd"), []string{"warn etcd-0: quay.io/coreos/etcd"}},
		"no tag, but port":     {"image", image("registry:5000/etcd"), []string{"warn etcd-0: registry:5000/etcd"}},
		"latest":               {"image", image("etcd:latest"), []string{"warn etcd-0: etcd:latest"}},
		"digest":               {"image", image("etcd@sha256:abc"), []string{"pass etcd-0: etcd@sha256:abc"}},
		"no longer maintained": {"image", image("docker.io/bitnami/etcd:3.5.21"), []string{"warn etcd-0: docker.io/bitnami/etcd:3.5.21"}},
		"without container":    {"image", func(e *evidence) { only(1)(e); e.members[0].kubeMember.Server.Container = "x" }, []string{"unknown etcd-0: it is unknown which container runs etcd"}},
		"without pod":          {"image", func(e *evidence) { only(1)(e); e.members[0].kubeMember.Pod = nil }, []string{"unknown etcd-0: the member has no pod"}},
	})
}

func TestProbes(t *testing.T) {
	path := func(p string) *corev1.Probe {
		return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: p}}}
	}
	command := func(words ...string) *corev1.Probe {
		return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: words}}}
	}
	live := func(p *corev1.Probe) func(*evidence) {
		return firstPod(func(_ *corev1.Pod, c *corev1.Container) { c.LivenessProbe = p })
	}
	tcp := &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{}}}
	run(t, map[string]caseOf{
		"a serializable read": {"liveness", only(1), []string{"pass etcd-0: /livez"}},
		"none":                {"liveness", live(nil), []string{"warn etcd-0: none"}},
		"a quorum":            {"liveness", live(path("/readyz")), []string{"fail etcd-0: /readyz"}},
		"a quorum, old":       {"liveness", live(path("/health")), []string{"fail etcd-0: /health"}},
		"no alarm":            {"liveness", live(path("/health?serializable=true")), []string{"fail etcd-0: /health?serializable=true"}},
		"kubeadm's, old":      {"liveness", live(path("/health?exclude=NOSPACE&serializable=true")), []string{"pass etcd-0: /health?exclude=NOSPACE&serializable=true"}},
		"a connection":        {"liveness", live(tcp), []string{"pass etcd-0: a connection"}},
		"etcdctl":             {"liveness", live(command("etcdctl", "endpoint", "health")), []string{"fail etcd-0: etcdctl endpoint health"}},
		"a script":            {"liveness", live(command("/healthcheck.sh")), []string{"unknown etcd-0: /healthcheck.sh"}},
		"no path":             {"liveness", live(path("://")), []string{"unknown etcd-0: ://"}},
		"start by quorum": {
			"liveness", firstPod(func(_ *corev1.Pod, c *corev1.Container) { c.StartupProbe = path("/readyz") }),
			[]string{"warn etcd-0: startup /readyz"},
		},
		"readiness":    {"readiness", only(1), []string{"pass etcd-0: /readyz"}},
		"no readiness": {"readiness", firstPod(func(_ *corev1.Pod, c *corev1.Container) { c.ReadinessProbe = nil }), []string{"warn etcd-0: none"}},
	})
}

func TestPods(t *testing.T) {
	ended := func(ago time.Duration, reason string) func(*evidence) {
		return firstPod(func(p *corev1.Pod, _ *corev1.Container) {
			s := &p.Status.ContainerStatuses[0]
			s.RestartCount = 4
			s.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{
				FinishedAt: metav1.NewTime(now.Add(-ago)), ExitCode: 2, Reason: reason, Message: "panic: x",
			}
		})
	}
	requests := func(cpu, memory, limit string) func(*evidence) {
		return firstPod(func(_ *corev1.Pod, c *corev1.Container) {
			c.Resources = corev1.ResourceRequirements{Requests: corev1.ResourceList{}, Limits: corev1.ResourceList{}}
			for name, text := range map[corev1.ResourceName]string{corev1.ResourceCPU: cpu, corev1.ResourceMemory: memory} {
				if text != "" {
					c.Resources.Requests[name] = quantity(text)
				}
			}
			if limit != "" {
				c.Resources.Limits[corev1.ResourceCPU] = quantity(limit)
			}
		})
	}
	grace := func(s *int64) func(*evidence) {
		return firstPod(func(p *corev1.Pod, _ *corev1.Container) { p.Spec.TerminationGracePeriodSeconds = s })
	}
	unready := firstPod(func(p *corev1.Pod, _ *corev1.Container) { p.Status.Conditions = nil })
	run(t, map[string]caseOf{
		"enough":            {"requests", requests("500m", "1Gi", ""), []string{"pass etcd-0: cpu 500m, memory 1Gi; Burstable"}},
		"nothing requested": {"requests", requests("", "", ""), []string{"warn etcd-0: cpu 0, memory 0; Burstable"}},
		"no memory":         {"requests", requests("1", "", ""), []string{"warn etcd-0: cpu 1, memory 0; Burstable"}},
		"throttled":         {"requests", requests("1", "1Gi", "1"), []string{"warn etcd-0: cpu 1, memory 1Gi; Burstable, limit cpu 1"}},
		"enough grace":      {"grace-period", grace(nil), []string{"pass etcd-0: 30s"}},
		"too little grace":  {"grace-period", grace(ptr.To(int64(5))), []string{"warn etcd-0: 5s"}},
		"never ended":       {"restarts", only(1), []string{"pass etcd-0: none within the last hour"}},
		"ended long ago":    {"restarts", ended(2*time.Hour, "Error"), []string{"pass etcd-0: none within the last hour"}},
		"ended just now":    {"restarts", ended(3*time.Minute, "Error"), []string{"warn etcd-0: 3m ago, Error, exit code 2, restarted 4 times: panic: x"}},
		"OOM killed":        {"restarts", ended(3*time.Minute, "OOMKilled"), []string{"warn etcd-0: 3m ago, OOMKilled, exit code 2, restarted 4 times: its node ran out of memory, and it has no memory limit (OOMKilled)"}},
		"killed for its probe": {"restarts", func(e *evidence) {
			ended(3*time.Minute, "Completed")(e)
			e.members[0].kubeMember.ProbeFails = "Liveness probe failed: connection refused"
		}, []string{"warn etcd-0: 3m ago, Completed, exit code 2, restarted 4 times: the kubelet ended it: Liveness probe failed: connection refused"}},
		"ready":       {"ready", only(1), []string{"pass: 1 of 1 healthy members"}},
		"not ready":   {"ready", unready, []string{"warn etcd-0: healthy, but its pod is not Ready"}},
		"not healthy": {"ready", func(e *evidence) { unready(e); e.members[0].Healthy = false }, []string{"unknown: no member is healthy"}},
	})
}

func TestController(t *testing.T) {
	set := func(change func(*appsv1.StatefulSetSpec)) func(*evidence) {
		return func(e *evidence) { change(&e.cluster.StatefulSet.Spec) }
	}
	run(t, map[string]caseOf{
		"one at a time": {"updates", nil, []string{"pass: OnDelete"}},
		"RollingUpdate": {
			"updates", set(func(s *appsv1.StatefulSetSpec) { s.UpdateStrategy.Type = appsv1.RollingUpdateStatefulSetStrategyType }),
			[]string{"warn: RollingUpdate"},
		},
		"a single member": {"updates", only(1), nil},
		"no StatefulSet":  {"updates", func(e *evidence) { e.cluster.StatefulSet = nil }, nil},
		"together":        {"parallel-start", nil, []string{"pass: all at the same time"}},
		"one by one": {
			"parallel-start", set(func(s *appsv1.StatefulSetSpec) { s.PodManagementPolicy = appsv1.OrderedReadyPodManagement }),
			[]string{"warn: podManagementPolicy OrderedReady"},
		},
		"hidden": {"parallel-start", func(e *evidence) {
			for i := range e.cluster.Surroundings.Services {
				e.cluster.Surroundings.Services[i].Spec.PublishNotReadyAddresses = false
			}
		}, []string{"warn: Service etcd hides members that are not ready"}},
	})
}

// neverBegan makes the first member's container one that runs now, and whose command could not be started a minute ago.
func neverBegan(e *evidence) {
	e.members[0].kubeMember.Pod.Status.ContainerStatuses[0].LastTerminationState.Terminated = &corev1.ContainerStateTerminated{
		Reason: "StartError", ExitCode: 128, FinishedAt: metav1.NewTime(now.Add(-time.Minute)),
	}
}
