package doctor

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/image"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// images judges whether the next start gets the same image, and whether the image is maintained.
func images(e *evidence) []finding {
	return e.eachContainer(func(c corev1.Container, _ *corev1.Pod) finding {
		repository, tag, digest := image.Split(c.Image)
		switch {
		case strings.Contains(repository, "bitnami"):
			return bad(report.Caution, c.Image, explanation{
				"Bitnami's free images are no longer maintained: they get no fixes and may be gone at the next pull",
				"move to gcr.io/etcd-development/etcd, which has no shell: remove probes and scripts that need one first",
			})
		case digest == "" && (tag == "" || tag == "latest"):
			return bad(report.Caution, c.Image, explanation{
				"the next start may use another version, and members of mixed minor versions cannot go back",
				"name the version in the image's tag",
			})
		}
		return pass("%s", c.Image)
	})
}

// resources judges a member's requests and its CPU limit.
func resources(e *evidence) []finding {
	return e.eachContainer(func(c corev1.Container, pod *corev1.Pod) finding {
		cpu, memory := c.Resources.Requests.Cpu(), c.Resources.Requests.Memory()
		limit := c.Resources.Limits.Cpu()
		figure := fmt.Sprintf("cpu %s, memory %s; %s", cpu, memory, pod.Status.QOSClass)
		switch {
		case cpu.IsZero() || memory.IsZero():
			return bad(report.Caution, figure, explanation{
				"without requests of both, a busy node starves the member of CPU, and evicts or kills it first when memory runs out",
				"request about what it uses, at least 500m and 1Gi (https://etcd.io/docs/latest/op-guide/hardware/)",
			})
		case !limit.IsZero():
			return bad(report.Caution, figure+", limit cpu "+limit.String(), explanation{
				"a member that is throttled sends its heartbeats late, which causes elections",
				"remove the CPU limit and keep the request",
			})
		}
		return pass("%s", figure)
	})
}

// shutdownTime is how long a member takes to end: it drains its clients for up to 5 s and hands over the leadership.
// 8.1 s were measured with an open watch.
const shutdownTime = 10 * time.Second

// grace judges whether the grace period is long enough for a member to end by itself.
func grace(e *evidence) []finding {
	return e.eachContainer(func(_ corev1.Container, pod *corev1.Pod) finding {
		given := 30 * time.Second // the API's default
		if s := pod.Spec.TerminationGracePeriodSeconds; s != nil {
			given = time.Duration(*s) * time.Second
		}
		if given < shutdownTime {
			return bad(report.Caution, given.String(), explanation{
				"it is killed before it has handed over the leadership: each restart of the leader then causes an election",
				"set terminationGracePeriodSeconds to 30",
			})
		}
		return pass("%s", given)
	})
}

// restarts judges whether a member's container ended within the last hour.
func restarts(e *evidence) []finding {
	return e.each(func(m memberEvidence) finding {
		if m.kubeMember.Pod == nil {
			return evidenceMissing(noPod)
		}
		last := m.kubeMember.Ended()
		if last == nil || e.now.Sub(last.FinishedAt.Time) > time.Hour {
			return pass("none within the last hour")
		}
		figure := fmt.Sprintf("%s ago, %s, %s", duration.HumanDuration(e.now.Sub(last.FinishedAt.Time)), last.Reason, m.kubeMember.LastExit())
		return bad(report.Caution, figure, e.ended(m))
	})
}

// ended explains why a member's container ended.
func (e *evidence) ended(m memberEvidence) explanation {
	if more := advice.MoreMemory(e.cluster, m.kubeMember); more != "" {
		return explanation{"the kernel killed it because memory ran out", more}
	}
	if probe := advice.ProbeRemedy(e.cluster, m.kubeMember); probe != "" {
		return explanation{"the kubelet ended it because its probe failed", probe}
	}
	if !m.kubeMember.LogTells() {
		return explanation{"its container ended within the last hour", e.cluster.Kubectl("describe pod " + m.Pod)}
	}
	return explanation{"its container ended within the last hour", e.cluster.Kubectl(fmt.Sprintf("logs %s -c %s --previous", m.Pod, m.kubeMember.Server.Container))}
}

// ready judges whether the pods of healthy members are Ready, so that Services send clients to them. A learner is never
// ready.
func ready(e *evidence) []finding {
	found := e.fromStatus(report.Caution, withReason(advice.SidecarFails))
	healthy := 0
	for _, m := range e.members {
		if !m.Healthy || m.Role == report.Learner {
			continue // see members
		}
		healthy++
		if !cluster.Ready(m.kubeMember.Pod) && len(m.kubeMember.Sidecars()) == 0 {
			found = append(found, bad(report.Caution, "healthy, but its pod is not Ready", explanation{
				"no Service sends clients to it",
				e.cluster.Kubectl("describe pod "+m.Pod) + "   # what its readiness probe says",
			}).of(m.Name))
		}
	}
	switch {
	case len(found) > 0:
		return found
	case healthy == 0:
		return []finding{evidenceMissing("no member is healthy")}
	}
	return []finding{pass("%d of %d healthy members", healthy, healthy)}
}

const noPod = "the member has no pod"

// eachContainer judges each member's etcd container.
func (e *evidence) eachContainer(of func(corev1.Container, *corev1.Pod) finding) []finding {
	return e.each(func(m memberEvidence) finding {
		if m.kubeMember.Pod == nil {
			return evidenceMissing(noPod)
		}
		c, known := m.kubeMember.Container()
		if !known {
			return evidenceMissing("it is unknown which container runs etcd")
		}
		return of(c, m.kubeMember.Pod)
	})
}
