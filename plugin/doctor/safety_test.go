package doctor

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func TestSafety(t *testing.T) {
	sealed := func(state cluster.SealState) func(*evidence) {
		return func(e *evidence) { e.cluster.Seal = cluster.Seal{State: state, Admits: "etcd-1"} }
	}
	begun := func(abandoned bool) func(*evidence) {
		return func(e *evidence) {
			e.cluster.Operation = cluster.Operation{Text: "up: roll, by me", Step: "up: roll", Abandoned: abandoned}
		}
	}
	run(t, map[string]caseOf{
		"closed":         {"seal", nil, []string{"pass: closed"}},
		"not sealed":     {"seal", sealed(cluster.SealEmpty), []string{"fail: not sealed: a member that loses its disk…"}},
		"open":           {"seal", sealed(cluster.SealOpen), []string{`fail: the seal is open for member "etcd-1": it…`}},
		"missing":        {"seal", sealed(cluster.SealMissing), []string{`fail: the seal's ConfigMap "etcd-seal" is miss…`}},
		"by other means": {"seal", sealed(cluster.SealNone), []string{"warn: none: deployed by other means"}},

		"none begun": {"operation", nil, []string{"pass: none was left incomplete"}},
		"under way":  {"operation", begun(false), []string{"pass: under way: up: roll, by me"}},
		"abandoned":  {"operation", begun(true), []string{`fail: operation "up" was abandoned half-way (u…`}},
		"forbidden": {
			"operation", func(e *evidence) {
				e.cluster.Surroundings.Incomplete = []string{cluster.IncompleteLease + " (forbidden)"}
			},
			[]string{"unknown: the operation's Lease (forbidden)"},
		},

		"none raised": {"alarms", nil, []string{"pass: none"}},
		"full":        {"alarms", func(e *evidence) { e.members[1].Alarms = []string{"NOSPACE"} }, []string{"fail: alarm NOSPACE, raised by etcd-1: writes …"}},
		"no answer":   {"alarms", down(0, 1, 2), []string{"unknown: no member answers"}},

		"equal":       {"hash", nil, []string{"pass: equal on etcd-0, etcd-1, etcd-2 at revision 1000"}},
		"one differs": {"hash", func(e *evidence) { e.hashes[2].Hash = "beef" }, []string{"fail: at revision 1000: beef on etcd-2, cafe on etcd-0 and etcd-1"}},
		"one is down": {"hash", down(1), []string{"unknown etcd-1: connection refused", "pass: equal on etcd-0, etcd-2 at revision 1000"}},
		"one answers": {"hash", down(1, 2), []string{"unknown etcd-1: connection refused", "unknown etcd-2: connection refused"}},
		"compacted":   {"hash", func(e *evidence) { e.hashes[2].CompactRevision = 950; e.hashes[2].Hash = "beef" }, []string{"unknown: the members have compacted to different …"}},
		"not hashed":  {"hash", func(e *evidence) { e.hashes = nil }, []string{"unknown etcd-0: fewer than two members answer", "unknown etcd-1: fewer than two members answer", "unknown etcd-2: fewer than two members answer"}},
	})
}

func TestVolumes(t *testing.T) {
	first := func(change func(*data)) func(*evidence) {
		return func(e *evidence) { only(1)(e); change(&e.members[0].data.value) }
	}
	volatile := func(e *evidence) {
		only(1)(e)
		pod := e.members[0].kubeMember.Pod
		pod.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
	}
	run(t, map[string]caseOf{
		"kept":              {"volumes", only(1), []string{"pass etcd-0: claim data-etcd-0, 8Gi, Retain"}},
		"goes with the pod": {"volumes", volatile, []string{`fail: the data of etcd-0 is on the volume "dat…`}},
		"goes with the claim": {
			"volumes", first(func(d *data) { d.disk.value.Spec.PersistentVolumeReclaimPolicy = corev1.PersistentVolumeReclaimDelete }),
			[]string{"warn etcd-0: PersistentVolume disk-etcd-0"},
		},
		"disks forbidden":  {"volumes", first(func(d *data) { d.disk.missing = "persistentvolumes is forbidden" }), []string{"unknown etcd-0: claim data-etcd-0"}},
		"claims forbidden": {"volumes", func(e *evidence) { only(1)(e); e.members[0].data.missing = "forbidden" }, []string{"unknown etcd-0: forbidden"}},
		"on the node": {
			"volumes", first(func(d *data) {
				*d = data{volume: &corev1.Volume{VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/srv"}}}}
			}),
			[]string{"warn etcd-0: /srv on the node"},
		},
		"of a static pod": {"volumes", func(e *evidence) {
			first(func(d *data) {
				*d = data{volume: &corev1.Volume{VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/srv"}}}}
			})(e)
			e.cluster.Owner.Kind = cluster.OwnerNode
		}, []string{"pass etcd-0: /srv on the node"}},
		"no pod": {"volumes", func(e *evidence) { only(1)(e); e.members[0].kubeMember.Pod, e.cluster.Members[0].Pod = nil, nil }, []string{"unknown etcd-0: the member has no pod"}},
		"deleted with the set": {"volumes", func(e *evidence) {
			only(1)(e)
			e.cluster.StatefulSet.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled = appsv1.DeletePersistentVolumeClaimRetentionPolicyType
		}, []string{"pass etcd-0: claim data-etcd-0, 8Gi, Retain", "warn: whenDeleted Retain, whenScaled Delete"}},
		"room":            {"disk-room", only(1), []string{"pass etcd-0: quota 2.0 GiB, disk 8.0 GiB"}},
		"no room":         {"disk-room", func(e *evidence) { only(1)(e); e.members[0].QuotaBytes = 6 << 30 }, []string{"warn etcd-0: quota 6.0 GiB, disk 8.0 GiB"}},
		"no claims":       {"disk-room", first(func(d *data) { d.claim = nil }), nil},
		"claim forbidden": {"disk-room", func(e *evidence) { only(1)(e); e.members[0].data = observed[data]{missing: "forbidden"} }, []string{"unknown etcd-0: forbidden"}},
		"no answer":       {"disk-room", func(e *evidence) { only(1)(e); down(0)(e); e.members[0].QuotaBytes = 0 }, []string{"unknown etcd-0: no answer within 3s"}},
	})
}

func TestEncryption(t *testing.T) {
	tls := func(e *evidence) {
		for i := range e.members {
			e.members[i].clients = newListener("clients", "https", e.members[i].ClientURLs)
			e.members[i].peers = newListener("peers", "", []string{"https://etcd-0:2380"})
		}
	}
	run(t, map[string]caseOf{
		"none":       {"encryption", nil, []string{"warn: clients: plain text", "warn: peers: plain text"}},
		"TLS":        {"encryption", tls, []string{"pass: clients: TLS", "pass: peers: TLS"}},
		"of clients": {"encryption", func(e *evidence) { tls(e); e.members[2].peers = newListener("peers", "http", nil) }, []string{"pass: clients: TLS", "warn: peers: plain text"}},
		"no answer":  {"encryption", func(e *evidence) { tls(e); e.members[1].peers = newListener("peers", "", nil) }, []string{"pass: clients: TLS", "unknown: it is unknown whether members use TLS fo…"}},
		"exposed": {"encryption", func(e *evidence) {
			for i, s := range e.cluster.Surroundings.Services {
				if s.Name == "etcd-client" {
					e.cluster.Surroundings.Services[i].Spec.Type = corev1.ServiceTypeLoadBalancer
				}
			}
		}, []string{`fail: the Service "etcd-client" (of type LoadB…`, "warn: peers: plain text"}},
		"services forbidden": {"encryption", func(e *evidence) {
			e.cluster.Surroundings = cluster.Surroundings{Incomplete: []string{"Services: forbidden"}}
		}, []string{"warn: clients: plain text", "unknown: Services: forbidden", "warn: peers: plain text"}},
	})
}

// broken is a cluster in which as much as possible is wrong at once.
func broken(t *testing.T) *evidence {
	t.Helper()
	e := healthy(t)
	e.cluster.Surroundings.Budgets, e.cluster.Seal.State = nil, cluster.SealEmpty
	set := e.cluster.StatefulSet
	set.Spec.UpdateStrategy.Type, set.Spec.PodManagementPolicy = appsv1.RollingUpdateStatefulSetStrategyType, appsv1.OrderedReadyPodManagement
	for i := range e.members {
		m := &e.members[i]
		m.metrics = counted(t, `le="0.001"} 500`, `le="1"} 5`, `le="0.002"} 1000`, `le="2"} 1000`, `le="0.004"} 1000`, `le="0.512"} 1000`, `le="0.01"} 200`, `le="0.5"} 200`,
			"slow_apply_total 2", "slow_apply_total 500", "failures_total 0", "failures_total 900", "seen_total 1", "seen_total 99", "open_fds 30", "open_fds 19999",
			"compaction_last 1795348000", "compaction_last 0", "compact_revision 900", "compact_revision -1")
		m.kubeMember.Server.Retention, m.Version, m.StorageVersion = "", "3.5.1", "3.4.0"
		m.DBSizeBytes, m.Node, m.Zone, m.Alarms = 2<<30, "node", "zone", []string{"NOSPACE"}
		m.clock.value.ahead = time.Duration(i) * time.Hour
		m.data.value.disk.value.Spec.PersistentVolumeReclaimPolicy, m.data.value.claim.Status.Capacity = corev1.PersistentVolumeReclaimDelete, corev1.ResourceList{}
		e.hashes[i].Hash = m.Name
		c := &m.kubeMember.Pod.Spec.Containers[0]
		c.Image, c.LivenessProbe, c.ReadinessProbe, c.Resources = "docker.io/bitnami/etcd", c.ReadinessProbe, nil, corev1.ResourceRequirements{}
		*m.kubeMember.Pod.Spec.TerminationGracePeriodSeconds = 1
		m.kubeMember.Pod.Status.Conditions = nil
		m.kubeMember.Pod.Status.ContainerStatuses[0].LastTerminationState.Terminated = &corev1.ContainerStateTerminated{FinishedAt: metav1.NewTime(now), ExitCode: 1}
	}
	down(2)(e)
	e.members[2].Role = report.Follower
	return e.withWarnings()
}
