package lifecycle

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// serving is a Kubernetes with the cluster "etcd" of one member, which is a real one.
type serving struct {
	env    Env
	kube   *kubetest.Store
	member *etcdtest.Member
}

func serve(t *testing.T) serving {
	t.Helper()
	s := serving{kube: kubetest.ServeStore(t), member: etcdtest.Start(t, 1, nil).Members[0]}
	set, pod := PendingCluster("etcd")
	pod.Status.Phase = corev1.PodRunning
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	s.kube.PutTyped(t, set)
	s.kube.PutTyped(t, pod)
	s.kube.Forward("ns", "etcd-0", strings.TrimPrefix(s.member.Endpoint, "http://"))
	config := &rest.Config{Host: s.kube.URL, QPS: -1}
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	s.env = Env{Kube: kube, Config: config, Target: cluster.Target{Namespace: "ns"}, MemberLimit: 20 * time.Second, Progress: render.NewProgress(t.Output())}
	return s
}

// TestView: a view has the member's own answer, what Kubernetes knows, and a client.
func TestView(t *testing.T) {
	t.Parallel()
	s := serve(t)
	v, err := s.env.CompleteView(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	got := []any{v.Status.Healthy, v.Status.Leader, v.Status.Owner.Text, len(v.Status.Members), v.Status.Members[0].Name, v.Status.Members[0].Version != "", v.Status.Unfinished, v.Incomplete}
	if diff := cmp.Diff([]any{true, "etcd-0", "StatefulSet/etcd", 1, "etcd-0", true, []string(nil), nil}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	m, found := v.Member("etcd-0")
	if !found {
		t.Fatal("the view does not have its only member")
	}
	if _, err := m.Client.Put(t.Context(), "k", "v"); err != nil {
		t.Error(err)
	}
	if m, found := v.Member("etcd-1"); found {
		t.Errorf("the view has a member %q that does not exist", m.Name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // the waits themselves have no limit
	defer cancel()
	if _, err := s.env.WaitHealthy(ctx); err != nil {
		t.Error(err)
	}
	if err := s.env.WaitHealthyAndReady(ctx); err != nil {
		t.Error(err)
	}
}

// TestWatchReadsMembers: a watch whose API server and members answer shows no error.
func TestWatchReadsMembers(t *testing.T) {
	t.Parallel()
	s := serve(t)
	w := &watcher{Env: s.env}
	defer w.close()
	for range 2 {
		if status, err := w.observe(t.Context()); err != nil || !status.Healthy {
			t.Errorf("healthy: %t, %v", status.Healthy, err)
		}
	}
}

// TestServingNeedsFewerRights: keys can be read and written without the rights that a report on the state needs.
func TestServingNeedsFewerRights(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.kube.Deny("*", "*", "leases")
	s.kube.Deny("*", "*", "poddisruptionbudgets")
	v, err := s.env.OpenServing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if _, err := v.Members[0].Client.Put(t.Context(), "k", "v"); err != nil {
		t.Error(err)
	}
	if len(v.Cluster.Surroundings.Incomplete) > 0 {
		t.Errorf("it tried to read more: %v", v.Cluster.Surroundings.Incomplete)
	}
}

// TestOpenRefuses: no view is returned if the cluster or the member is not the one that the user named.
func TestOpenRefuses(t *testing.T) {
	set, pod := PendingCluster("etcd")
	other, _ := PendingCluster("other")
	const noCluster = `no etcd cluster "nope" in namespace "ns" (found: etcd, other)`
	for name, c := range map[string]struct {
		target, member, want string
	}{
		"another cluster":          {"nope", "", noCluster},
		"another member":           {"etcd", "etcd-7", `etcd cluster ns/etcd has no member "etcd-7" (see "kubectl etcd members --etcd etcd -n ns")`},
		"a member that is pending": {"etcd", "etcd-0", `pod "etcd-0" of member "etcd-0" does not run: pod is Pending (omit --member to use another member)`},
		"neither":                  {"etcd", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			env, _ := WatchEnv(set, pod, other)
			env.Target.Name, env.Member = c.target, c.member
			for how, open := range map[string]func(context.Context) (*View, error){"Open": env.Open, "OpenServing": env.OpenServing, "View": env.View} {
				got := ""
				if v, err := open(t.Context()); err != nil {
					got = err.Error()
				} else {
					v.Close()
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s: -want +got:\n%s", how, diff)
				}
			}
		})
	}
}

// TestOnlyMember: with --member, only that member is asked.
func TestOnlyMember(t *testing.T) {
	t.Parallel()
	s := serve(t)
	_, pod := PendingCluster("etcd")
	pod.Name = "etcd-1"
	s.kube.PutTyped(t, pod)
	s.env.Member = "etcd-0"
	v, err := s.env.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if len(v.Members) != 1 || v.Members[0].Name != "etcd-0" {
		t.Errorf("%d members", len(v.Members))
	}
}

// TestPortForwardIsForbidden: a right that the user lacks is an error, not a cluster whose members do not answer.
func TestPortForwardIsForbidden(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.kube.Deny("*", "*", "pods/portforward")
	v, err := s.env.View(t.Context())
	if !apierrors.IsForbidden(err) {
		t.Errorf("%v, %+v", err, v)
	}
}

// TestOpenSealIsUnhealthy: a cluster is not healthy while its seal is open, even if every member is.
func TestOpenSealIsUnhealthy(t *testing.T) {
	t.Parallel()
	s := serve(t)
	v, err := s.env.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	v.Cluster.Seal = cluster.Seal{State: cluster.SealOpen, Admits: "etcd-0"}
	if err := s.env.readStatus(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if !v.Status.MembersHealthy() || v.Status.Healthy {
		t.Errorf("members are healthy: %t, the cluster: %t", v.Status.MembersHealthy(), v.Status.Healthy)
	}
	if diff := cmp.Diff([]string{`the seal is open for member "etcd-0"`}, v.Status.Unfinished); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestAlarmWithoutUser: with etcd's authentication on and no user given, an alarm is still reported.
func TestAlarmWithoutUser(t *testing.T) {
	t.Parallel()
	s := serve(t)
	client, ctx := etcdtest.Client(t, s.member.Endpoint), t.Context()
	list, err := client.MemberList(ctx)
	if err != nil {
		t.Fatal(err)
	}
	alarm := &pb.AlarmRequest{Action: pb.AlarmRequest_ACTIVATE, MemberID: list.Members[0].ID, Alarm: pb.AlarmType_NOSPACE}
	for _, do := range []func() error{
		func() error {
			_, err := pb.NewMaintenanceClient(client.ActiveConnection()).Alarm(ctx, alarm)
			return err
		},
		func() error {
			_, err := client.UserAddWithOptions(ctx, "root", "", &clientv3.UserAddOptions{NoPassword: true})
			return err
		},
		func() error { _, err := client.UserGrantRole(ctx, "root", "root"); return err },
		func() error { _, err := client.AuthEnable(ctx); return err },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	v, err := s.env.View(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	if diff := cmp.Diff([]string{"NOSPACE", ""}, []string{v.Status.Alarm, v.Status.Members[0].Version}); diff != "" {
		t.Errorf("the alarm and the version, -want +got:\n%s", diff)
	}
	for _, note := range v.Status.Incomplete {
		if strings.HasPrefix(note, "alarms") {
			t.Errorf("the alarms were read, and yet: %s", note)
		}
	}
}
