package plugin

import (
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// TestOperationsQueue checks that every command that takes the operation Lease accepts the flag that its refusal suggests.
func TestOperationsQueue(t *testing.T) {
	refusal := (&deploy.LeaseHeldError{Text: "drill leader, by somebody@else"}).Error()
	_, remedy, found := strings.Cut(refusal, "wait for it with ")
	if !found {
		t.Fatalf("no remedy in %q", refusal)
	}
	remedy = strings.TrimSuffix(remedy, ")")
	for _, line := range []string{
		"up", "down", "replace etcd-1", "seal", "certs create", "certs renew", "certs rotate-ca", "certs issue --cn app", "auth enable", "auth disable", "drill leader",
	} {
		streams, _, _, _ := genericiooptions.NewTestIOStreams()
		cmd, rest, err := newCommand(streams).Find(strings.Fields(line + " " + remedy))
		if err == nil {
			err = cmd.ParseFlags(rest)
		}
		if err != nil || !cmd.Flags().Changed("queue") {
			t.Errorf("%s %s: %v", line, remedy, err)
		}
	}
}

// TestReplaceDuringADrill checks that the refusal names the drill, which explains the state of the members.
func TestReplaceDuringADrill(t *testing.T) {
	t.Parallel()
	member := etcdtest.Start(t, 1, nil).Members[0]
	objects := clusterObjects("--listen-client-urls=http://0.0.0.0:2379")
	const at = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/etcd-operation"
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{
		Name: "etcd-operation", Namespace: "ns", Annotations: map[string]string{cluster.StepAnnotation: "drill leader: write under load, and inject the fault"},
	}}
	lease.Spec.HolderIdentity, lease.Spec.RenewTime = ptr.To("somebody@else (pid 1)"), ptr.To(metav1.NewMicroTime(time.Now()))
	objects[at] = lease
	objects["/api/v1/namespaces/ns/persistentvolumeclaims"] = &corev1.PersistentVolumeClaimList{}
	k := kubetest.Serve(t, member.Endpoint, objects)
	renew := time.NewTicker(300 * time.Millisecond)
	go func() {
		for now := range renew.C {
			k.Mu.Lock()
			next := lease.DeepCopy()
			next.Spec.RenewTime = ptr.To(metav1.NewMicroTime(now))
			k.Objects[at] = next
			k.Mu.Unlock()
		}
	}()
	got := execOn(t, k, nil, "replace", "etcd-0")
	const want = "error: another operation is under way: drill leader: write under load, and inject the fault, by somebody@else (pid 1), last seen "
	if got.status != cli.ExitFailed || got.out != "" || !strings.Contains(got.err, want) {
		t.Errorf("%+v", got)
	}
	got = execOn(t, k, nil, "replace", "etcd-9")
	if !strings.Contains(got.err, `no member "etcd-9"`) {
		t.Errorf("%+v", got)
	}
	renew.Stop()
	k.Mu.Lock()
	delete(k.Objects, at)
	k.Mu.Unlock()
	got = execOn(t, k, nil, "replace", "etcd-0", "--queue", "1m")
	if got.status != cli.ExitFailed || !strings.Contains(got.err, "have no quorum without") {
		t.Errorf("%+v", got)
	}
}
