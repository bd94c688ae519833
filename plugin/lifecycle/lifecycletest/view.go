// Package lifecycletest makes what operations see of a cluster, for their tests.
package lifecycletest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// View is a view of a cluster of three that a test spoils: "etcd-1" is the member in question.
type View struct{ lifecycle.View }

// NewView returns a view in which all is well, and "etcd-0" leads.
func NewView() *View {
	v := &View{}
	v.Cluster = &cluster.Cluster{Name: "etcd", Namespace: "ns", SealConfig: "etcd-seal", Seal: cluster.Seal{State: cluster.SealClosed}}
	v.Status = report.Status{Leader: "etcd-0", Quorum: report.Quorum{Have: 2, Need: 2}, Healthy: true}
	for _, name := range []string{"etcd-0", "etcd-1", "etcd-2"} {
		v.Cluster.Members = append(v.Cluster.Members, cluster.Member{Name: name, Pod: pod(name)})
		v.Status.Members = append(v.Status.Members, report.Member{
			Name: name, ID: "a" + name[5:], Role: report.Follower, Healthy: true, Started: true, Version: "3.7.3",
			PeerURLs: []string{"http://" + name + ".etcd:2380"},
		})
	}
	return v
}

func pod(name string) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}}
	p.Status.Phase = corev1.PodRunning
	return p
}

// Change changes what is told of the member in question.
func (v *View) Change(change func(*report.Member)) *View {
	change(&v.Status.Members[1])
	return v
}

// Crashing has its container end after each start.
func (v *View) Crashing() *View {
	v.Cluster.Members[1].Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
		State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
	}}
	return v.Change(func(m *report.Member) { m.Healthy, m.Version, m.Role = false, "", "" })
}

// Gone has it removed from the membership; its pod is still there.
func (v *View) Gone() *View {
	v.Status.Members = append(v.Status.Members[:1:1], v.Status.Members[2:]...)
	return v
}

// Extra adds a pod that is no member, as "kubectl scale" does.
func (v *View) Extra(name string) *View {
	v.Cluster.Members = append(v.Cluster.Members, cluster.Member{Name: name, Pod: pod(name)})
	v.Status.Members = append(v.Status.Members, report.Member{Name: name})
	return v
}

// Unread has the members answer, but not with their membership.
func (v *View) Unread() *View {
	for i := range v.Status.Members {
		v.Status.Members[i].PeerURLs = nil
	}
	return v.Crashing().Change(func(m *report.Member) { m.ID = "" })
}

// Open opens the seal for a member.
func (v *View) Open(name string) *View {
	v.Cluster.Seal = cluster.Seal{State: cluster.SealOpen, Admits: name}
	return v
}
