package doctor

import (
	"net/url"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// demand is what a probe needs besides a process that serves.
type demand string

// The demands of probes (server/etcdserver/api/etcdhttp/health.go).
const (
	needsNothing demand = ""
	needsQuorum  demand = "a quorum"
	needsNoAlarm demand = "no alarm"
	needsUnknown demand = "unknown"
)

// demandOf returns what a probe needs. etcdctl's "endpoint health" is a linearizable read.
func demandOf(p *corev1.Probe) demand {
	switch {
	case p.HTTPGet != nil:
		return demandOfPath(p.HTTPGet.Path)
	case p.Exec != nil && strings.Contains(strings.Join(p.Exec.Command, " "), "endpoint health"):
		return needsQuorum
	case p.Exec != nil:
		return needsUnknown
	}
	return needsNothing // it only needs a listener
}

func demandOfPath(path string) demand {
	u, err := url.Parse(path)
	if err != nil {
		return needsUnknown
	}
	switch u.Path {
	case "/readyz", "/readyz/linearizable_read":
		return needsQuorum
	case "/health":
		if u.Query().Get("serializable") != "true" {
			return needsQuorum
		}
		for _, alarm := range u.Query()["exclude"] {
			if alarm == "NOSPACE" {
				return needsNothing
			}
		}
		return needsNoAlarm
	}
	return needsNothing
}

// probeText returns a probe as text for a report.
func probeText(p *corev1.Probe) string {
	switch {
	case p == nil:
		return "none"
	case p.HTTPGet != nil:
		return p.HTTPGet.Path
	case p.Exec != nil:
		return strings.Join(p.Exec.Command, " ")
	case p.GRPC != nil:
		return "gRPC"
	}
	return "a connection"
}

// useLivez is the remedy for a probe that restarts etcd, for versions since 3.5.11 and before.
const useLivez = "probe /livez, or before etcd 3.5.11 /health?serializable=true&exclude=NOSPACE"

// liveness judges the two probes whose failure restarts a member.
func liveness(e *evidence) []finding {
	return e.eachContainer(func(c corev1.Container, _ *corev1.Pod) finding {
		live, start := c.LivenessProbe, c.StartupProbe
		if live == nil {
			return bad(report.Caution, "none", explanation{"a member that hangs is not restarted", useLivez})
		}
		switch demandOf(live) {
		case needsQuorum:
			return bad(report.Fail, probeText(live), explanation{
				"it needs a quorum: once that is lost, the kubelet restarts the remaining members again and again", useLivez,
			})
		case needsNoAlarm:
			return bad(report.Fail, probeText(live), explanation{
				"it fails while any member has an alarm: a full database makes the kubelet restart all members again and again", useLivez,
			})
		case needsUnknown:
			f := evidenceMissing("it is unknown whether this command needs a quorum")
			f.Figure = probeText(live)
			return f
		}
		if start != nil && demandOf(start) == needsQuorum {
			return bad(report.Caution, "startup "+probeText(start), explanation{
				"a member that starts while there is no quorum is restarted again and again until there is one", useLivez,
			})
		}
		return pass("%s", probeText(live))
	})
}

// readiness judges the probe that decides whether a Service sends clients to a member.
func readiness(e *evidence) []finding {
	return e.eachContainer(func(c corev1.Container, _ *corev1.Pod) finding {
		if c.ReadinessProbe == nil {
			return bad(report.Caution, "none", explanation{
				"Services send clients to members that cannot serve them", "probe /readyz, or before etcd 3.5.11 /health",
			})
		}
		return pass("%s", probeText(c.ReadinessProbe))
	})
}
