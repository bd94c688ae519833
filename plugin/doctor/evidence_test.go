package doctor

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

const namespace = "ns"

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// quick is the metrics of a member on a fast disk after two hours.
const quick = `
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1795341600
# TYPE process_open_fds gauge
process_open_fds 30
# TYPE process_max_fds gauge
process_max_fds 20000
# TYPE etcd_disk_wal_fsync_duration_seconds histogram
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 500
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.002"} 1000
etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 1000
etcd_disk_wal_fsync_duration_seconds_sum 1
etcd_disk_wal_fsync_duration_seconds_count 1000
# TYPE etcd_disk_backend_commit_duration_seconds histogram
etcd_disk_backend_commit_duration_seconds_bucket{le="0.004"} 1000
etcd_disk_backend_commit_duration_seconds_bucket{le="+Inf"} 1000
etcd_disk_backend_commit_duration_seconds_sum 2
etcd_disk_backend_commit_duration_seconds_count 1000
# TYPE etcd_network_peer_round_trip_time_seconds histogram
etcd_network_peer_round_trip_time_seconds_bucket{To="a1",le="0.01"} 200
etcd_network_peer_round_trip_time_seconds_bucket{To="a1",le="+Inf"} 200
etcd_network_peer_round_trip_time_seconds_sum{To="a1"} 1
etcd_network_peer_round_trip_time_seconds_count{To="a1"} 200
# TYPE etcd_server_apply_duration_seconds histogram
etcd_server_apply_duration_seconds_bucket{op="Put",le="+Inf"} 1000
etcd_server_apply_duration_seconds_sum{op="Put"} 1
etcd_server_apply_duration_seconds_count{op="Put"} 1000
# TYPE etcd_mvcc_range_total counter
etcd_mvcc_range_total 1000
# TYPE etcd_server_slow_apply_total counter
etcd_server_slow_apply_total 2
# TYPE etcd_server_heartbeat_send_failures_total counter
etcd_server_heartbeat_send_failures_total 0
# TYPE etcd_server_leader_changes_seen_total counter
etcd_server_leader_changes_seen_total 1
# TYPE etcd_debugging_mvcc_compact_revision gauge
etcd_debugging_mvcc_compact_revision 900
# TYPE etcd_debugging_mvcc_current_revision gauge
etcd_debugging_mvcc_current_revision 1000
# TYPE etcd_debugging_mvcc_db_compaction_last gauge
etcd_debugging_mvcc_db_compaction_last 1795348000
`

// counted returns the metrics of quick after replacing pairs of old and new text.
func counted(t *testing.T, pairs ...string) observed[scrape] {
	t.Helper()
	found, err := parseMetrics(strings.NewReader(strings.NewReplacer(pairs...).Replace(quick)))
	if err != nil {
		t.Fatal(err)
	}
	return observed[scrape]{value: scrape{metrics: found}}
}

// healthy returns the evidence of a healthy cluster of three made by this project's manifests, on three nodes in three
// zones. change alters its objects before they are read.
func healthy(t *testing.T, change ...func(runtime.Object)) *evidence {
	t.Helper()
	var objects []runtime.Object
	for _, o := range manifests() {
		o = o.DeepCopyObject()
		for _, f := range change {
			f(o)
		}
		objects = append(objects, o)
		if set, ok := o.(*appsv1.StatefulSet); ok {
			for i := range 3 {
				objects = append(objects, podOf(set, i))
			}
		}
	}
	c, err := cluster.Find(t.Context(), fake.NewClientset(objects...), cluster.Target{Namespace: namespace, Name: "etcd"})
	if err != nil {
		t.Fatal(err)
	}
	e := &evidence{now: now, cluster: c, hashRevision: 1000}
	e.status = report.Status{
		Head: report.Head{Cluster: c.Name, Namespace: c.Namespace}, Leader: "etcd-0", Term: 2, Quorum: report.Quorum{Have: 3, Need: 2}, Healthy: true,
	}
	for i, kubeMember := range c.Members {
		m := report.Member{
			Name: kubeMember.Name, Pod: kubeMember.PodName, ID: fmt.Sprintf("a%d", i), Node: kubeMember.Node(), Zone: kubeMember.Zone, Healthy: true, Role: report.Follower,
			Version: "3.7.3", StorageVersion: "3.7.0", DBSizeBytes: 20 << 20, DBInUseBytes: 16 << 20, QuotaBytes: 2 << 30, RaftTerm: 2, RaftIndex: 1000,
			RaftAppliedIndex: 1000, PeerURLs: []string{"http://" + kubeMember.Name + ".etcd:2380"}, ClientURLs: []string{"http://" + kubeMember.Name + ".etcd.ns.svc:2379"},
		}
		e.status.Members = append(e.status.Members, m)
		e.hashes = append(e.hashes, report.MemberHash{Member: m.Name, Hash: "cafe", CompactRevision: 900})
		kept := data{volume: &corev1.Volume{}, claim: &corev1.PersistentVolumeClaim{}, disk: observed[*corev1.PersistentVolume]{value: &corev1.PersistentVolume{}}}
		kept.claim.Name = "data-" + m.Name
		kept.claim.Status.Capacity = corev1.ResourceList{corev1.ResourceStorage: quantity("8Gi")}
		kept.disk.value.Name, kept.disk.value.Spec.PersistentVolumeReclaimPolicy = "disk-"+m.Name, corev1.PersistentVolumeReclaimRetain
		e.members = append(e.members, memberEvidence{
			Member: m, kubeMember: kubeMember, metrics: counted(t), data: observed[data]{value: kept}, clock: observed[clock]{value: clock{uncertainty: time.Millisecond}},
			clients: newListener("clients", "http", m.ClientURLs), peers: newListener("peers", "", m.PeerURLs),
		})
	}
	e.status.Members[0].Role = report.Leader
	return e.withWarnings()
}

// withWarnings adds the warnings that "status" would have to the evidence.
func (e *evidence) withWarnings() *evidence {
	e.status.Members = nil
	for _, m := range e.members {
		e.status.Members = append(e.status.Members, m.Member)
	}
	e.status.Warnings = advice.Warnings(e.cluster, e.status, nil)
	return e
}

// manifests are the rendered objects of a sealed cluster. They are built once, because rendering is slow.
var manifests = sync.OnceValue(func() []runtime.Object {
	rendered, err := kustomize.Render(kustomize.Options{Overlay: "gke", Namespace: namespace})
	if err != nil {
		panic(err)
	}
	var objects []runtime.Object
	for _, u := range rendered.Objects {
		o, err := scheme.Scheme.New(u.GroupVersionKind())
		if err != nil {
			panic(err)
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, o); err != nil {
			panic(err)
		}
		if c, ok := o.(*corev1.ConfigMap); ok && strings.HasSuffix(c.Name, "-seal") {
			c.Data = cluster.SealedData()
		}
		objects = append(objects, o)
	}
	return objects
})

func podOf(set *appsv1.StatefulSet, i int) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: *set.Spec.Template.ObjectMeta.DeepCopy(), Spec: *set.Spec.Template.Spec.DeepCopy()}
	p.Name, p.Namespace = fmt.Sprintf("%s-%d", set.Name, i), namespace
	p.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(set, appsv1.SchemeGroupVersion.WithKind("StatefulSet"))}
	p.Labels[corev1.LabelTopologyZone] = fmt.Sprintf("zone-%d", i)
	p.Spec.NodeName = fmt.Sprintf("node-%d", i)
	p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{Name: "data", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-" + p.Name},
	}})
	p.Status.Phase, p.Status.QOSClass = corev1.PodRunning, corev1.PodQOSBurstable
	p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "etcd", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
	return p
}
