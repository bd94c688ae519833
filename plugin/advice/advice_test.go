package advice

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

var update = flag.Bool("update", false, "write the goldens anew")

// subject is a cluster to judge. It starts without warnings.
type subject struct {
	cluster *cluster.Cluster
	status  report.Status
	crowd   *Crowd
}

func well(n int) *subject {
	s := &subject{cluster: &cluster.Cluster{
		Name: "etcd", Namespace: "shop", Owner: cluster.Owner{Kind: cluster.OwnerStatefulSet, Name: "etcd"},
		StatefulSet: &appsv1.StatefulSet{}, SealConfig: "etcd-seal", Seal: cluster.Seal{State: cluster.SealClosed},
	}}
	s.cluster.StatefulSet.Name = "etcd"
	s.cluster.StatefulSet.Spec.Replicas = ptr.To(int32(n))
	s.cluster.StatefulSet.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "etcd"}}
	s.cluster.StatefulSet.Spec.VolumeClaimTemplates = []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data"}}}
	s.cluster.Surroundings.Budgets = []policyv1.PodDisruptionBudget{budget("etcd", func(b *policyv1.PodDisruptionBudgetSpec) {
		b.MaxUnavailable = ptr.To(intstr.FromInt32(1))
	})}
	s.status = report.Status{Healthy: true, Leader: "etcd-0", Term: 3, Revision: 812, Quorum: report.Quorum{Have: n, Need: n/2 + 1}}
	for i := range n {
		s.add(fmt.Sprintf("etcd-%d", i))
	}
	s.status.Members[0].Role = report.Leader
	return s
}

// add adds a healthy voter.
func (s *subject) add(name string) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": "etcd", "apps.kubernetes.io/pod-index": name[5:]}}}
	pod.OwnerReferences = []metav1.OwnerReference{{Kind: "StatefulSet", Name: "etcd", Controller: ptr.To(true)}}
	pod.Spec.NodeName, pod.Status.Phase = "node-"+name[5:], corev1.PodRunning
	pod.Spec.Containers = []corev1.Container{{Name: "etcd", VolumeMounts: []corev1.VolumeMount{{Name: "data", MountPath: "/var/lib/etcd"}}}}
	pod.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-" + name},
	}}}
	s.cluster.Members = append(s.cluster.Members, cluster.Member{
		Name: name, PodName: name, Pod: pod,
		Server: cluster.Server{Container: "etcd", Scheme: "http", Port: 2379, DataDir: "/var/lib/etcd/data"},
	})
	s.status.Members = append(s.status.Members, report.Member{
		Name: name, Pod: name, ID: "a" + name[5:], Role: report.Follower, Started: true, Healthy: true, Version: "3.7.3", PeerURLs: []string{"http://" + name + ".etcd:2380"},
		DBSizeBytes: 20 << 20, DBInUseBytes: 16 << 20, QuotaBytes: 2 << 30, RaftTerm: 3, RaftIndex: 90_000, RaftAppliedIndex: 90_000,
	})
}

// otherDeployment makes it a cluster that was not deployed from this project's manifests.
func (s *subject) otherDeployment() *subject {
	s.cluster.SealConfig, s.cluster.Seal = "", cluster.Seal{State: cluster.SealNone}
	return s
}

// ownedBy makes it a cluster without a StatefulSet, whose pods have another owner.
func (s *subject) ownedBy(kind cluster.OwnerKind, name string) *subject {
	s.cluster.StatefulSet, s.cluster.Owner = nil, cluster.Owner{Kind: kind, Name: name}
	for _, m := range s.cluster.Members {
		m.Pod.OwnerReferences = []metav1.OwnerReference{{Kind: string(kind), Name: name, Controller: ptr.To(true)}}
		switch kind {
		case cluster.OwnerNone:
			m.Pod.OwnerReferences = nil
		case "Deployment":
			m.Pod.OwnerReferences[0].Kind = "ReplicaSet"
		}
	}
	return s.otherDeployment()
}

func (s *subject) member(i int, change func(*report.Member)) *subject {
	change(&s.status.Members[i])
	return s
}

func (s *subject) each(change func(*report.Member)) *subject {
	for i := range s.status.Members {
		change(&s.status.Members[i])
	}
	return s
}

func (s *subject) budgets(budgets ...policyv1.PodDisruptionBudget) *subject {
	s.cluster.Surroundings.Budgets = budgets
	return s
}

func budget(name string, write func(*policyv1.PodDisruptionBudgetSpec)) policyv1.PodDisruptionBudget {
	b := policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: name}}
	b.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"app": "etcd"}}
	write(&b.Spec)
	return b
}

func (s *subject) service(kind corev1.ServiceType, change func(*corev1.ServiceSpec)) *subject {
	service := corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "etcd-client"}}
	service.Spec = corev1.ServiceSpec{Type: kind, Selector: map[string]string{"app": "etcd"}, Ports: []corev1.ServicePort{{Port: 2379}}}
	change(&service.Spec)
	if s.cluster.SealConfig != "" {
		service.Labels = map[string]string{cluster.LabelComponent: "client"}
	}
	s.cluster.Surroundings.Services = append(s.cluster.Surroundings.Services, service)
	return s
}

func (s *subject) with(change func(*subject)) *subject {
	change(s)
	return s
}

// verdict is a test case: a cluster, and the reasons of exactly the warnings that are expected.
type verdict struct {
	name    string
	subject *subject
	want    []string
}

// verdicts returns all cases.
func verdicts() []verdict {
	return slices.Concat(memberVerdicts(), podVerdicts(), brokenVerdicts(), placeVerdicts(), rareVerdicts())
}

// glued matches prose before a command on one line. A command must start its line, so that a remedy's commands can be run.
var glued = regexp.MustCompile(`(?m)^[^k\n].*: kubectl `)

func TestWarnings(t *testing.T) {
	var golden strings.Builder
	for _, c := range verdicts() {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, w := range Warnings(c.subject.cluster, c.subject.status, c.subject.crowd) {
				got = append(got, w.Reason)
				if glued.MatchString(w.Remedy) {
					t.Errorf("a step is a command or prose, not both: %s", w.Remedy)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
		golden.WriteString(text(c))
	}
	const file = "testdata/warnings.txt"
	if *update {
		if err := os.WriteFile(file, []byte(golden.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), golden.String()); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", file, diff)
	}
}

// text returns a case's warnings as a person reads them.
func text(c verdict) string {
	var out strings.Builder
	fmt.Fprintf(&out, "== %s\n", c.name)
	for _, w := range Warnings(c.subject.cluster, c.subject.status, c.subject.crowd) {
		if w.Member != "" {
			fmt.Fprintf(&out, "[%s waits for it] ", w.Member)
		}
		fmt.Fprintf(&out, "%s\n    %s\n", w.Message, strings.ReplaceAll(w.Remedy, "\n", "\n    "))
	}
	return out.String()
}

// TestNoSpaceBeginsWithTheCompaction: in every state of the database the compaction comes first. Otherwise the old revisions
// stay and raise the alarm again.
func TestNoSpaceBeginsWithTheCompaction(t *testing.T) {
	for _, c := range verdicts() {
		for _, w := range Warnings(c.subject.cluster, c.subject.status, c.subject.crowd) {
			if w.Reason != NoSpace {
				continue
			}
			var commands []string
			for step := range strings.SplitSeq(w.Remedy, "\n") {
				if _, args, found := strings.Cut(step, " -- "); found {
					commands = append(commands, strings.Fields(args)[0])
				}
			}
			if diff := cmp.Diff([]string{"compact", "defrag", "alarm"}, commands); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		}
	}
}
