package connect

import (
	"context"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// TestEtcdClient makes calls to a real member through the port-forward, over each transport.
func TestEtcdClient(t *testing.T) {
	t.Parallel()
	members := etcdtest.Start(t, 1, nil).Members
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		s.Backend = members[0].Endpoint[len("http://"):]
		s.Serve(t)
		conn := open(t, s)
		for name, get := range map[string]func() (*clientv3.Client, error){
			"one member":  func() (*clientv3.Client, error) { return conn.Member(conn.cluster.Members[0]) },
			"all members": conn.All,
		} {
			client, err := get()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := client.Put(t.Context(), "k", name); err != nil {
				t.Fatalf("%s: put: %v", name, err)
			}
			if resp, err := client.Get(t.Context(), "k"); err != nil || string(resp.Kvs[0].Value) != name {
				t.Errorf("%s: get: %v, %v", name, resp, err)
			}
		}
		if err := conn.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// TestEtcdClientFailsFast connects to a pod in which nothing listens. The error must come at once, not at the deadline.
func TestEtcdClientFailsFast(t *testing.T) {
	s := (&kubetest.APIServer{}).Serve(t)
	conn := open(t, s)
	client, err := conn.Member(conn.cluster.Members[0])
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	begin := time.Now()
	_, err = client.Put(ctx, "k", "v")
	kubetest.WantError(t, err, "connection refused (nothing listens on that port)")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAllGoesToReadyMembers(t *testing.T) {
	ready, starting := kubetest.Pod("etcd-0", corev1.ConditionTrue), kubetest.Pod("etcd-1", corev1.ConditionFalse)
	for _, tc := range []struct {
		name string
		pods []*corev1.Pod
		want int
	}{
		{"a learner is not Ready", []*corev1.Pod{ready, starting}, 1},
		{"none is Ready", []*corev1.Pod{starting, starting}, 2},
		{"none runs", []*corev1.Pod{nil, nil}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &Connection{cluster: &cluster.Cluster{}, secrets: &credentials.Set{}}
			for _, p := range tc.pods {
				c.cluster.Members = append(c.cluster.Members, cluster.Member{Name: "etcd", PodName: "etcd", Pod: p})
			}
			c.pool = c.newPool()
			client, err := c.All()
			if tc.want == 0 {
				kubetest.WantError(t, err, "no member of etcd cluster")
				return
			}
			if err != nil || len(client.Endpoints()) != tc.want {
				t.Errorf("endpoints %v, %v; want %d", client.Endpoints(), err, tc.want)
			}
			_ = c.Close()
		})
	}
}

func open(t *testing.T, s *kubetest.APIServer) *Connection {
	t.Helper()
	return openWith(t, s, credentials.FlagValues{})
}

func openWith(t *testing.T, s *kubetest.APIServer, given credentials.FlagValues) *Connection {
	t.Helper()
	kube, err := kubernetes.NewForConfig(s.Config())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := Open(t.Context(), s.Config(), kube, &cluster.Cluster{
		Name: "etcd", Namespace: "ns",
		Members: []cluster.Member{{
			Name: "etcd-0", PodName: "etcd-0", Pod: kubetest.Pod("etcd-0", corev1.ConditionTrue), Server: cluster.Server{Scheme: "http", Port: 2379},
		}},
	}, given)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
