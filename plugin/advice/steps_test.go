package advice

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestScaledToZero: a cluster without members has one warning only, which brings its members back.
func TestScaledToZero(t *testing.T) {
	s := well(3)
	s.cluster.Members, s.status.Members = nil, nil
	s.cluster.StatefulSet.Spec.Replicas = ptrTo(0)
	s.cluster.Surroundings.Budgets = nil
	want := []report.Warning{{
		Reason: ScaledToZero, Message: "the cluster is scaled to 0: it has no members; its data is on its volumes", Remedy: s.cluster.ScaledToZero(),
	}}
	if diff := cmp.Diff(want, Warnings(s.cluster, s.status, nil)); diff != "" || want[0].Remedy == "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestStepsForDoctor: the steps for a member are those of the warning, and "" if it has no such problem.
func TestStepsForDoctor(t *testing.T) {
	loop := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	for name, c := range map[string]struct {
		steps func(*cluster.Cluster, cluster.Member) string
		broke func(*cluster.Member)
		want  string
	}{
		"memory of one that is well": {MoreMemory, func(*cluster.Member) {}, ""},
		"memory": {MoreMemory, oomKilled("64Mi"), `keep a changed template from restarting other members:
kubectl patch statefulset etcd -n shop --type=merge -p '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'
give it more memory:
kubectl set resources statefulset etcd -c etcd --limits=memory=128Mi --requests=memory=128Mi -n shop
the pods get the new limit when they are recreated: delete them one at a time, each when all members are healthy`},
		"memory of its node": {MoreMemory, oomKilled(""), `its node ran out of memory: request as much memory for etcd as it uses, so that other pods are killed first; see what else runs on the node:
kubectl describe node node-1`},
		"probe of one that is well": {ProbeRemedy, func(*cluster.Member) {}, ""},
		"probe": {ProbeRemedy, probeFails(loop), `if the probe requests what etcd does not serve, correct it; if etcd is too slow for the probe, raise its failureThreshold or add a startupProbe:
kubectl describe pod etcd-1 -n shop
what etcd logged until then:
kubectl logs etcd-1 -c etcd --previous --tail=20 -n shop`},
		"down": {DownRemedy, func(m *cluster.Member) { probeFails(loop)(m); m.ProbeFails = "" }, `its log says why:
kubectl logs etcd-1 -c etcd --previous --tail=20 -n shop`},
	} {
		t.Run(name, func(t *testing.T) {
			s := well(3)
			c.broke(&s.cluster.Members[1])
			if diff := cmp.Diff(c.want, c.steps(s.cluster, s.cluster.Members[1])); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestRenew: each member whose data differs is replaced. In other deployments, that waits for members that are down.
func TestRenew(t *testing.T) {
	ours := well(5)
	want := "kubectl etcd replace etcd-1 --force --etcd etcd -n shop\nkubectl etcd replace etcd-2 --force --etcd etcd -n shop"
	if diff := cmp.Diff(want, Renew(ours.cluster, ours.status, []string{"etcd-1", "etcd-2"})); diff != "" {
		t.Errorf("of ours, -want +got:\n%s", diff)
	}
	others := well(5).otherDeployment().member(4, down)
	want = `bring etcd-4 back first, then run "kubectl etcd status" again for the next steps: until then the quorum needs every other member`
	if diff := cmp.Diff(want, Renew(others.cluster, others.status, []string{"etcd-1", "etcd-2"})); diff != "" {
		t.Errorf("of others, -want +got:\n%s", diff)
	}
}

// TestLastVoter: scaling a StatefulSet down removes its last pod, in whatever order etcd lists the members.
func TestLastVoter(t *testing.T) {
	s := well(4)
	voters := func(names ...string) []report.Member {
		var out []report.Member
		for _, name := range names {
			out = append(out, report.Member{Name: name})
		}
		return out
	}
	for want, listed := range map[string][]report.Member{
		"etcd-3": voters("etcd-3", "etcd-0", "etcd-2", "etcd-1"),
		"etcd-2": voters("etcd-2", "etcd-0", "etcd-1"), // the last pod is a learner's
		"etcd-0": voters("etcd-0", "elsewhere"),
		"other":  voters("elsewhere", "other"), // no voter has a pod here
	} {
		if got := (view{Cluster: s.cluster, status: s.status}).lastVoter(listed).Name; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
