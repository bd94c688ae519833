package lifecycle

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// started returns a member whose etcd was started age ago; before that it ended if ended is true.
func started(age time.Duration, ended bool) cluster.Member {
	status := corev1.ContainerStatus{Name: "etcd"}
	status.State.Running = &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(time.Now().Add(-age))}
	if ended {
		status.RestartCount = 1
		status.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 2}
	}
	pod := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{status}}}
	return cluster.Member{Name: "etcd-0", PodName: "etcd-0", Pod: pod, Server: cluster.Server{Container: "etcd", Scheme: "http", Port: 2379}}
}

// unreachable returns m as a member that listens where a port-forward does not reach it.
func unreachable(m cluster.Member) cluster.Member {
	m.Server.Unreachable = "etcd listens on a socket"
	return m
}

// viewOf returns a view of a cluster with these members, in which no connection is possible.
func viewOf(members ...cluster.Member) *View {
	c := &cluster.Cluster{Name: "etcd", Namespace: "ns", Members: members}
	return &View{Cluster: c, Conn: connect.With(&rest.Config{}, fake.NewClientset(), c, &credentials.Set{})}
}

// TestMarkAccessDenied: a member that this client cannot ask may be healthy, unless Kubernetes shows that it is not.
func TestMarkAccessDenied(t *testing.T) {
	deleted := unreachable(started(time.Hour, false))
	deleted.Pod.DeletionTimestamp = ptr.To(metav1.Now())
	silent := report.Member{Name: "etcd-0", Pod: "etcd-0", Error: "etcd listens on a socket"}
	denied := silent
	denied.AccessDenied = true
	restarted := silent
	restarted.Error, restarted.Reason = "etcd exited and was restarted a moment ago", "exits after its start"
	answered := silent
	answered.Version = "3.7.3"
	for name, c := range map[string]struct {
		member     cluster.Member
		said, want report.Member
	}{
		"access is denied":             {unreachable(started(time.Hour, false)), silent, denied},
		"it restarted long ago":        {unreachable(started(time.Hour, true)), silent, denied},
		"it restarted a moment ago":    {unreachable(started(time.Second, true)), silent, restarted},
		"its pod is being deleted":     {deleted, silent, silent},
		"access is not denied":         {started(time.Hour, false), silent, silent},
		"it answered, with an error":   {unreachable(started(time.Hour, false)), answered, answered},
		"it has no error":              {unreachable(started(time.Hour, false)), report.Member{Name: "etcd-0", Pod: "etcd-0"}, report.Member{Name: "etcd-0", Pod: "etcd-0"}},
		"it restarted, and is reached": {started(time.Second, true), silent, silent},
	} {
		t.Run(name, func(t *testing.T) {
			v := viewOf(c.member)
			defer v.Close()
			s := report.Status{Members: []report.Member{c.said}}
			v.markAccessDenied(&s, time.Now())
			if diff := cmp.Diff([]report.Member{c.want}, s.Members); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestAlarmsThatCannotBeRead: the report notes that alarms are missing only if a healthy member was asked for them.
func TestAlarmsThatCannotBeRead(t *testing.T) {
	const note = `alarms (Get "http://etcd/health": pod "etcd-0": etcd listens on a socket)`
	for name, c := range map[string]struct {
		members []report.Member
		want    []string
	}{
		"its /health is not reached":                 {[]report.Member{{Name: "etcd-0", Healthy: true}}, []string{"services (forbidden)", note}},
		"it is not healthy":                          {[]report.Member{{Name: "etcd-0"}}, []string{"services (forbidden)"}},
		"it has no pod here":                         {[]report.Member{{Name: "other", Healthy: true}}, []string{"services (forbidden)"}},
		"the first of two is not healthy":            {[]report.Member{{Name: "other"}, {Name: "etcd-0", Healthy: true}}, []string{"services (forbidden)", note}},
		"a healthy member answered, with its alarms": {[]report.Member{{Name: "etcd-0", Healthy: true, Version: "3.7.3"}}, []string{"services (forbidden)"}},
	} {
		t.Run(name, func(t *testing.T) {
			v := viewOf(unreachable(started(time.Hour, false)))
			defer v.Close()
			s := report.Status{Members: c.members, Incomplete: []string{"services (forbidden)"}}
			Env{MemberLimit: time.Minute}.addAlarms(t.Context(), v, &s)
			if diff := cmp.Diff(c.want, s.Incomplete); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestCrowdedDomain: a crowded node or zone is of interest only if its members could run elsewhere.
func TestCrowdedDomain(t *testing.T) {
	on := func(nodesAndZones ...string) *cluster.Cluster {
		c := &cluster.Cluster{}
		for i := 0; i < len(nodesAndZones); i += 2 {
			name := "etcd-" + string(rune('0'+i/2))
			c.Members = append(c.Members, cluster.Member{
				Name: name, PodName: name, Zone: nodesAndZones[i+1], Pod: &corev1.Pod{Spec: corev1.PodSpec{NodeName: nodesAndZones[i]}},
			})
		}
		return c
	}
	node := func(name, zone string) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelTopologyZone: zone}}}
	}
	for name, c := range map[string]struct {
		cluster *cluster.Cluster
		nodes   []*corev1.Node // beside those with members
		want    string         // the crowded domain
	}{
		"spread":                               {on("a", "x", "b", "y", "c", "z"), []*corev1.Node{node("d", "u")}, ""},
		"all on the only node":                 {on("a", "", "a", "", "a", ""), nil, ""},
		"all on one node, and another is free": {on("a", "", "a", "", "a", ""), []*corev1.Node{node("d", "")}, "a"},
		"three of five on one of three nodes":  {on("a", "", "a", "", "a", "", "b", "", "c", ""), nil, "a"},
		"in the only zone":                     {on("a", "x", "b", "x", "c", "x"), []*corev1.Node{node("d", "x")}, ""},
		"in one zone, and another has a node":  {on("a", "x", "b", "x", "c", "x"), []*corev1.Node{node("d", "y")}, "x"},
		"a single member":                      {on("a", "x"), []*corev1.Node{node("d", "y")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			kube := fake.NewClientset()
			for _, n := range c.nodes {
				if err := kube.Tracker().Add(n); err != nil {
					t.Fatal(err)
				}
			}
			var got advice.Crowd
			if crowd := (Env{Kube: kube, MemberLimit: time.Minute}).crowdedDomain(t.Context(), c.cluster); crowd != nil {
				got = *crowd
			}
			if got.Value != c.want {
				t.Errorf("%+v, want %q", got, c.want)
			}
		})
	}
}

// TestClientTLS: a cluster serves over TLS if all of its members do. If that is not known of one, it is not known at all.
func TestClientTLS(t *testing.T) {
	for name, c := range map[string]struct {
		schemes []string
		want    *bool
	}{
		"no members":         {nil, nil},
		"plain text":         {[]string{"http", "http"}, ptr.To(false)},
		"TLS":                {[]string{"https", "https"}, ptr.To(true)},
		"the first only":     {[]string{"https", "http"}, ptr.To(false)},
		"the last only":      {[]string{"http", "https"}, ptr.To(false)},
		"one is not known":   {[]string{"https", ""}, nil},
		"none of them known": {[]string{"", ""}, nil},
	} {
		cl := &cluster.Cluster{}
		for _, scheme := range c.schemes {
			cl.Members = append(cl.Members, cluster.Member{Server: cluster.Server{Scheme: scheme}})
		}
		if diff := cmp.Diff(c.want, clientTLS(cl)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestExplainSilence: the error of a member that runs and does not answer says what Kubernetes knows of its pod.
func TestExplainSilence(t *testing.T) {
	lost := started(time.Hour, true)
	lost.News = `node "a" is not Ready: NodeStatusUnknown: Kubelet stopped posting node status.`
	pending := started(time.Hour, true)
	pending.Pod.DeletionTimestamp = ptr.To(metav1.Now())
	type said struct{ Error, Reason string }
	for name, c := range map[string]struct {
		member cluster.Member
		row    report.Member
		want   said
	}{
		"its node is lost": {
			lost,
			report.Member{Name: "etcd-0", Error: "timeout", Reason: "timeout"},
			said{`timeout (node "a" is not Ready: NodeStatusUnknown: Kubelet stopped posting node status.)`, `node "a" is not Ready`},
		},
		"it ended before":          {started(time.Hour, true), report.Member{Name: "etcd-0", Error: "timeout", Reason: "timeout"}, said{"timeout (exit code 2, restarted 1 times)", "timeout"}},
		"nothing is known":         {started(time.Hour, false), report.Member{Name: "etcd-0", Error: "timeout"}, said{"timeout", ""}},
		"it answered":              {lost, report.Member{Name: "etcd-0", Version: "3.7.3", Error: "no quorum"}, said{"no quorum", ""}},
		"its pod is being deleted": {pending, report.Member{Name: "etcd-0", Error: "pod is being deleted"}, said{"pod is being deleted", ""}},
		"it has no pod here":       {lost, report.Member{Name: "other", Error: "no pod"}, said{"no pod", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			// The row of another member, of which nothing is known, comes first.
			members := []report.Member{{Name: "unknown", Error: "its own"}, c.row}
			explainSilence(&cluster.Cluster{Members: []cluster.Member{c.member}}, members)
			if diff := cmp.Diff([]said{{"its own", ""}, c.want}, []said{{members[0].Error, members[0].Reason}, {members[1].Error, members[1].Reason}}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestAddKubernetesState: a status has what etcd does not tell, from the objects in Kubernetes.
func TestAddKubernetesState(t *testing.T) {
	balancer := corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "public"}}
	balancer.Spec.Type, balancer.Spec.Ports = corev1.ServiceTypeLoadBalancer, []corev1.ServicePort{{Port: 2379}}
	balancer.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}
	internal := corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "internal"}, Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP}}
	first := started(time.Hour, false)
	first.Server.Quota = "1048576"
	c := &cluster.Cluster{
		Name: "etcd", Namespace: "ns", Owner: cluster.Owner{Kind: cluster.OwnerStatefulSet, Name: "etcd"}, Members: []cluster.Member{first},
		Seal: cluster.Seal{State: cluster.SealClosed}, Operation: cluster.Operation{Text: "up: roll, by somebody"},
		Surroundings: cluster.Surroundings{Services: []corev1.Service{internal, balancer}, Incomplete: []string{"events (forbidden)"}},
	}
	s := report.Status{Members: []report.Member{
		{Name: "etcd-0", Version: "3.5.30"}, {Name: "etcd-0", Version: "3.7.3", QuotaBytes: 4 << 30}, {Name: "etcd-0"}, {Name: "elsewhere", Version: "3.5.30"},
	}}
	addKubernetesState(c, &s)
	want := report.Status{
		Head: report.Head{Cluster: "etcd", Namespace: "ns"}, Owner: report.Owner{Kind: "StatefulSet", Name: "etcd", Text: "StatefulSet/etcd"},
		ClientTLS: ptr.To(false), Sealed: true, Seal: c.Seal.String(), Operation: "up: roll, by somebody",
		LoadBalancers: []report.LoadBalancer{{Service: "public", Port: 2379, Addresses: []string{"192.0.2.1"}}}, Incomplete: []string{"events (forbidden)"},
		Members: []report.Member{
			{Name: "etcd-0", Version: "3.5.30", QuotaBytes: 1 << 20}, // etcd's Status has no quota before 3.6
			{Name: "etcd-0", Version: "3.7.3", QuotaBytes: 4 << 30},
			{Name: "etcd-0"},
			{Name: "elsewhere", Version: "3.5.30"},
		},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	c.Seal.State = cluster.SealOpen
	addKubernetesState(c, &s)
	if s.Sealed {
		t.Error("a cluster whose seal is open is reported as sealed")
	}
}
