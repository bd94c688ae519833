// Package lifecycletest builds views of a cluster for the tests of operations.
package lifecycletest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// View is a view of a cluster of three members, in which a test breaks the member "etcd-1".
type View struct{ lifecycle.View }

// NewView returns a view of a healthy cluster, whose leader is "etcd-0".
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

// Change changes the status of etcd-1.
func (v *View) Change(change func(*report.Member)) *View {
	change(&v.Status.Members[1])
	return v
}

// Crashing puts etcd-1's container into CrashLoopBackOff.
func (v *View) Crashing() *View {
	v.Cluster.Members[1].Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
		State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
	}}
	return v.Change(func(m *report.Member) { m.Healthy, m.Version, m.Role = false, "", "" })
}

// Gone removes etcd-1 from the membership. Its pod stays.
func (v *View) Gone() *View {
	v.Status.Members = append(v.Status.Members[:1:1], v.Status.Members[2:]...)
	return v
}

// Extra adds a pod that is not in the membership, as "kubectl scale" does.
func (v *View) Extra(name string) *View {
	v.Cluster.Members = append(v.Cluster.Members, cluster.Member{Name: name, Pod: pod(name)})
	v.Status.Members = append(v.Status.Members, report.Member{Name: name})
	return v
}

// Unread removes the membership from the members' answers.
func (v *View) Unread() *View {
	for i := range v.Status.Members {
		v.Status.Members[i].PeerURLs = nil
	}
	return v.Crashing().Change(func(m *report.Member) { m.ID = "" })
}

// Open opens the seal for the named member.
func (v *View) Open(name string) *View {
	v.Cluster.Seal = cluster.Seal{State: cluster.SealOpen, Admits: name}
	return v
}
