package plugin

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// separateClusters returns an API server with a StatefulSet of n pods, each of which runs a cluster of one member, and the members.
func separateClusters(t *testing.T, n int32) (commandLine, []*etcdtest.Member) {
	t.Helper()
	objects := clusterObjects("--listen-client-urls=http://0.0.0.0:2379", "--advertise-client-urls=http://$(POD).etcd:2379")
	set := objects["/apis/apps/v1/namespaces/ns/statefulsets/etcd"].(*appsv1.StatefulSet)
	set.Spec.Replicas = ptr.To(n)
	first := objects["/api/v1/namespaces/ns/pods/etcd-0"].(*corev1.Pod)
	k := kubetest.Serve(t, "", objects)
	k.Others = map[string]string{}
	var members []*etcdtest.Member
	for i := range n {
		pod := first.DeepCopy()
		pod.Name, pod.UID = fmt.Sprintf("etcd-%d", i), first.UID
		objects["/api/v1/namespaces/ns/pods/"+pod.Name] = pod
		m := etcdtest.Start(t, 1, nil).Members[0]
		members = append(members, m)
		k.Others[pod.Name] = m.Endpoint
	}
	return commandLine{t, k, t.TempDir()}, members
}

// TestCommandsRefuseSeveralClusters runs commands on pods that look like one etcd cluster and are three. Nothing may be written
// and no password sent. The commands that the refusal suggests must work, and reach only the chosen pod.
func TestCommandsRefuseSeveralClusters(t *testing.T) {
	c, members := separateClusters(t, 3)
	c.write("root", "root-pw\n")
	c.write("app", "app-pw\n")
	var before []int // the counters are per process, and other tests log in too
	for _, m := range members {
		before = append(before, loginCount(t, m))
	}
	const refusal = `the pods "etcd-0", "etcd-1", "etcd-2" in namespace "ns" do not belong to one etcd cluster: pod "etcd-0" is member `
	const user = " --etcd-user root --etcd-password-file $D/root"
	for _, line := range []string{
		"put k v", "put k v --ttl 1m", "get k", "get k --prefix", "get k --each-member", "del k", "watch k", "watch k --rev 1",
		"auth status", "auth enable --yes", "auth disable --yes", "auth user add app --password-file $D/app", "auth user passwd app --password-file $D/app",
		"auth role add app --all --read", "proxy",
	} {
		c.run(1, line, refusal, "choose one pod for get, put, del, watch, auth, ctl and proxy: --member etcd-0 or --member etcd-1 or --member etcd-2;")
		if !strings.Contains(line, "--each-member") {
			c.run(1, strings.Replace(line, " ", user+" ", 1), refusal)
		}
	}
	for i, m := range members {
		resp, err := etcdtest.Client(t, m.Endpoint).Get(t.Context(), "k")
		if err != nil || resp.Header.Revision != 1 || loginCount(t, m) != before[i] {
			t.Errorf("etcd-%d was written to, or sent a password: %v, %v, %d logins", i, resp, err, loginCount(t, m))
		}
	}
	c.run(0, "put k v --member etcd-1", "k")
	c.run(0, "get k --member etcd-1", "v")
	c.run(1, "get k --member etcd-0", `key "k" does not exist`)
	c.run(0, "auth status --member etcd-2", "off")
	c.run(1, "put k v --member etcd-7", `etcd cluster ns/etcd has no member "etcd-7"`)
}

// loginCount returns how many Authenticate calls a member has received.
func loginCount(t *testing.T, member *etcdtest.Member) int {
	t.Helper()
	resp, err := http.Get(member.Endpoint + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	var families map[string]*dto.MetricFamily
	if families, err = parser.TextToMetricFamilies(resp.Body); err != nil {
		t.Fatal(err)
	}
	for _, m := range families["grpc_server_started_total"].GetMetric() {
		for _, label := range m.GetLabel() {
			if label.GetValue() == "Authenticate" {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	return 0
}
