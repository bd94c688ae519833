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

// images judges whether the same image comes at the next start, and whether somebody mends it.
func images(e *evidence) []finding {
	return e.containers(func(c corev1.Container, _ *corev1.Pod) finding {
		repository, tag, digest := image.Split(c.Image)
		switch {
		case strings.Contains(repository, "bitnami"):
			return bad(report.Caution, c.Image, because{
				"Bitnami's free images are no longer maintained: they get no fixes and may be gone at the next pull",
				"move to gcr.io/etcd-development/etcd, which has no shell: probes and scripts that need one must go first",
			})
		case digest == "" && (tag == "" || tag == "latest"):
			return bad(report.Caution, c.Image, because{
				"the next start may bring another version, and members of mixed minor versions cannot go back",
				"name the version in the image's tag",
			})
		}
		return pass("%s", c.Image)
	})
}

// resources judges what a member is sure to get, and what stops it.
func resources(e *evidence) []finding {
	return e.containers(func(c corev1.Container, pod *corev1.Pod) finding {
		cpu, memory := c.Resources.Requests.Cpu(), c.Resources.Requests.Memory()
		limit := c.Resources.Limits.Cpu()
		figure := fmt.Sprintf("cpu %s, memory %s; %s", cpu, memory, pod.Status.QOSClass)
		switch {
		case cpu.IsZero() || memory.IsZero():
			return bad(report.Caution, figure, because{
				"without requests of both, a busy node starves the member of CPU, and evicts or kills it first for memory",
				"request about what it uses, at least 500m and 1Gi (https://etcd.io/docs/latest/op-guide/hardware/)",
			})
		case !limit.IsZero():
			return bad(report.Caution, figure+", limit cpu "+limit.String(), because{
				"a member that is throttled sends its heartbeats late, which costs elections",
				"take the CPU limit away and keep the request",
			})
		}
		return pass("%s", figure)
	})
}

// drained is how long a member takes to end: it drains its clients for up to 5 s and hands over the leadership; 8.1 s
// were measured with an open watch.
const drained = 10 * time.Second

// grace judges whether a member has the time to end by itself.
func grace(e *evidence) []finding {
	return e.containers(func(_ corev1.Container, pod *corev1.Pod) finding {
		given := 30 * time.Second // the API's default
		if s := pod.Spec.TerminationGracePeriodSeconds; s != nil {
			given = time.Duration(*s) * time.Second
		}
		if given < drained {
			return bad(report.Caution, given.String(), because{
				"it is killed before it has handed the leadership over: each restart of the leader then costs an election",
				"set terminationGracePeriodSeconds to 30",
			})
		}
		return pass("%s", given)
	})
}

// restarts judges whether a member's container ended within the last hour.
func restarts(e *evidence) []finding {
	return e.each(func(m seen) finding {
		if m.place.Pod == nil {
			return evidenceMissing(noPod)
		}
		last := m.place.Ended()
		if last == nil || e.now.Sub(last.FinishedAt.Time) > time.Hour {
			return pass("none within the last hour")
		}
		figure := fmt.Sprintf("%s ago, %s, %s", duration.HumanDuration(e.now.Sub(last.FinishedAt.Time)), last.Reason, m.place.LastExit())
		return bad(report.Caution, figure, e.ended(m))
	})
}

// ended says why a member's container ended.
func (e *evidence) ended(m seen) because {
	if more := advice.MoreMemory(e.cluster, m.place); more != "" {
		return because{"the kernel killed it for its memory", more}
	}
	if probe := advice.MendProbe(e.cluster, m.place); probe != "" {
		return because{"the kubelet ended it, because its probe failed", probe}
	}
	if !m.place.LogTells() {
		return because{"its container ended within the last hour", e.cluster.Kubectl("describe pod " + m.Pod)}
	}
	return because{"its container ended within the last hour", e.cluster.Kubectl(fmt.Sprintf("logs %s -c %s --previous", m.Pod, m.place.Server.Container))}
}

// ready judges whether Kubernetes sends clients to the members that serve. A learner is never ready.
func ready(e *evidence) []finding {
	found := e.advised(report.Caution, warning(advice.SidecarFails))
	healthy := 0
	for _, m := range e.members {
		if !m.Healthy || m.Role == report.Learner {
			continue // see members
		}
		healthy++
		if !cluster.Ready(m.place.Pod) && len(m.place.Sidecars()) == 0 {
			found = append(found, bad(report.Caution, "healthy, and its pod is not Ready", because{
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

// containers judges each member's container.
func (e *evidence) containers(of func(corev1.Container, *corev1.Pod) finding) []finding {
	return e.each(func(m seen) finding {
		if m.place.Pod == nil {
			return evidenceMissing(noPod)
		}
		c, known := m.place.Container()
		if !known {
			return evidenceMissing("which container runs etcd cannot be told")
		}
		return of(c, m.place.Pod)
	})
}
