package judge

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func TestDomains(t *testing.T) {
	zones := func(zones ...string) []report.Member {
		members := make([]report.Member, len(zones))
		for i, z := range zones {
			members[i] = report.Member{Name: string(rune('a' + i)), Zone: z}
		}
		return members
	}
	for name, c := range map[string]struct {
		zones   []string
		want    []Domain
		unknown []string
		takes   bool // losing the largest domain loses the quorum
	}{
		"one in each zone": {[]string{"z1", "z2", "z3"}, []Domain{{"z1", []string{"a"}}, {"z2", []string{"b"}}, {"z3", []string{"c"}}}, nil, false},
		"two of three":     {[]string{"z1", "z2", "z2"}, []Domain{{"z2", []string{"b", "c"}}, {"z1", []string{"a"}}}, nil, true},
		"two of five":      {[]string{"z1", "z2", "z2", "z1", "z3"}, []Domain{{"z1", []string{"a", "d"}}, {"z2", []string{"b", "c"}}, {"z3", []string{"e"}}}, nil, false},
		"one of two":       {[]string{"z1", "z2"}, []Domain{{"z1", []string{"a"}}, {"z2", []string{"b"}}}, nil, true},
		"one is unknown":   {[]string{"z1", "", "z2"}, []Domain{{"z1", []string{"a"}}, {"z2", []string{"c"}}}, []string{"b"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, unknown := Domains(zones(c.zones...), func(m report.Member) string { return m.Zone })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.unknown, unknown); diff != "" {
				t.Error(diff)
			}
			if takes := got[0].TakesQuorum(len(c.zones)); takes != c.takes {
				t.Errorf("takes the quorum: %t", takes)
			}
		})
	}
}

func TestExposed(t *testing.T) {
	pod := &corev1.Pod{}
	pod.Spec.Containers = []corev1.Container{{Ports: []corev1.ContainerPort{{Name: "client", ContainerPort: 2379}, {Name: "metrics", ContainerPort: 2381}}}}
	for name, c := range map[string]struct {
		kind corev1.ServiceType
		port corev1.ServicePort
		want int
	}{
		"ClusterIP":                {corev1.ServiceTypeClusterIP, corev1.ServicePort{Port: 2379}, 0},
		"externalIPs":              {corev1.ServiceTypeClusterIP, corev1.ServicePort{Port: 2379}, 1},
		"LoadBalancer":             {corev1.ServiceTypeLoadBalancer, corev1.ServicePort{Port: 2379}, 1},
		"NodePort":                 {corev1.ServiceTypeNodePort, corev1.ServicePort{Port: 80, TargetPort: intstr.FromInt32(2379)}, 1},
		"named target port":        {corev1.ServiceTypeLoadBalancer, corev1.ServicePort{Port: 80, TargetPort: intstr.FromString("client")}, 1},
		"metrics port":             {corev1.ServiceTypeLoadBalancer, corev1.ServicePort{Port: 2381, TargetPort: intstr.FromString("metrics")}, 0},
		"unknown target port name": {corev1.ServiceTypeLoadBalancer, corev1.ServicePort{Port: 2379, TargetPort: intstr.FromString("http")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			service := corev1.Service{Spec: corev1.ServiceSpec{Type: c.kind, Ports: []corev1.ServicePort{c.port}}}
			if name == "externalIPs" {
				service.Spec.ExternalIPs = []string{"192.0.2.1"}
			}
			cl := &cluster.Cluster{Members: []cluster.Member{{Pod: pod, Server: cluster.Server{Port: 2379}}}}
			cl.Surroundings.Services = []corev1.Service{service}
			if got := len(Exposed(cl)); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestSpace(t *testing.T) {
	if _, known := QuotaShare(report.Member{DBSizeBytes: 1}); known {
		t.Error("a quota that the member did not tell is known")
	}
	if share, known := QuotaShare(report.Member{DBSizeBytes: 3, QuotaBytes: 4}); !known || share != 0.75 {
		t.Errorf("share %v, known %t", share, known)
	}
	for name, c := range map[string]struct {
		size, used int64
		free       int64
		worth      bool
	}{
		"most of it, and much":  {300 << 20, 100 << 20, 200 << 20, true},
		"most of it, not much":  {90 << 20, 1 << 20, 89 << 20, false},
		"much, not most of it":  {1 << 30, 700 << 20, 324 << 20, false},
		"half of it, and much":  {600 << 20, 300 << 20, 300 << 20, false},
		"most of it, 100 MiB":   {150 << 20, 50 << 20, 100 << 20, false},
		"more in use than size": {1, 2, -1, false},
	} {
		if free, worth := Fragmented(report.Member{DBSizeBytes: c.size, DBInUseBytes: c.used}); free != c.free || worth != c.worth {
			t.Errorf("%s: %d free, worth it: %t", name, free, worth)
		}
	}
}

func TestLag(t *testing.T) {
	s := report.Status{Members: []report.Member{
		{Name: "leader", RaftIndex: 100, RaftAppliedIndex: 90}, {Name: "behind", RaftIndex: 80, RaftAppliedIndex: 75}, {Name: "down"},
	}}
	for name, want := range map[string]uint64{"leader": 10, "behind": 25, "down": 100} {
		m, _ := s.Member(name)
		if got := Lag(s, m); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

func TestMargin(t *testing.T) {
	for voters, want := range []int{0: 0, 1: 0, 2: 0, 3: 1, 4: 1, 5: 2} {
		if voters > 0 && Tolerance(voters) != want {
			t.Errorf("%d voters: %d may fail, want %d", voters, Tolerance(voters), want)
		}
	}
	if got := Margin(report.Quorum{Have: 1, Need: 2}); got != -1 {
		t.Errorf("%d", got)
	}
}
