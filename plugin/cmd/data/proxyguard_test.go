package data

import (
	"context"
	"net"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/proxy"
)

// startProxy returns the ways of a proxy to the pods etcd-0 and etcd-1.
func startProxy(t *testing.T, k *kubetest.Server) (proxy.Ways, []cluster.Member, error) {
	t.Helper()
	config := &rest.Config{Host: k.URL, QPS: -1}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster.Cluster{Name: "etcd", Namespace: "ns"}
	for _, name := range []string{"etcd-0", "etcd-1"} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"}}
		pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}
		k.Objects["/api/v1/namespaces/ns/pods/"+name] = pod
		c.Members = append(c.Members, cluster.Member{
			Name: name, PodName: name, Pod: pod,
			Server: cluster.Server{Scheme: "http", Port: 2379, HTTP: cluster.Listener{Scheme: "http", Port: 2382}},
		})
	}
	found := &credentials.Set{}
	s := &proxy.Session{Cluster: c, Credentials: found, Find: func(context.Context) (*credentials.Set, error) { return found, nil }}
	ways, err := guardedWays(t.Context(), lifecycle.Env{Config: config, Kube: client, MemberLimit: time.Minute}, s)
	return ways, c.Members, err
}

// dialUntilAnswer connects as a client does: it retries for 30 s while the member does not answer. It returns the last error.
func dialUntilAnswer(t *testing.T, dial proxy.Dial, m cluster.Member) (err error) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		var conn net.Conn
		if conn, err = dial(t.Context(), m); err == nil {
			return conn.Close()
		}
		if connect.IsMixed(err) {
			return err
		}
	}
	return err
}

// TestGuard moves a pod's address while a proxy serves. Connections to a member of another cluster must be refused.
func TestGuard(t *testing.T) {
	ours := etcdtest.Start(t, 2, nil).Members
	stranger := etcdtest.Start(t, 1, nil).Members[0]
	for name, c := range map[string]struct {
		comesBackAs string
		refused     bool
	}{
		"a member of it":              {ours[1].Endpoint, false},
		"a member of another cluster": {stranger.Endpoint, true},
		"the other pod's member":      {ours[0].Endpoint, true},
	} {
		t.Run(name, func(t *testing.T) {
			k := kubetest.Serve(t, ours[0].Endpoint, map[string]runtime.Object{})
			k.Move("etcd-1", "127.0.0.1:1")
			ways, members, err := startProxy(t, k)
			if err != nil {
				t.Fatal(err)
			}
			k.Move("etcd-1", c.comesBackAs)
			for kind, dial := range map[string]proxy.Dial{"clients": ways.Clients, "HTTP": ways.HTTP} {
				for i, m := range members {
					err := dialUntilAnswer(t, dial, m)
					if refused := i == 1 && c.refused; connect.IsMixed(err) != refused || (err != nil) != refused {
						t.Errorf("%s to %s: %v, want it refused: %t", kind, m.Name, err, refused)
					}
				}
			}
		})
	}
}

// TestGuardAtTheBegin checks that a proxy does not start if the pods are of several clusters.
func TestGuardAtTheBegin(t *testing.T) {
	k := kubetest.Serve(t, etcdtest.Start(t, 1, nil).Members[0].Endpoint, map[string]runtime.Object{})
	k.Move("etcd-1", etcdtest.Start(t, 1, nil).Members[0].Endpoint)
	if _, _, err := startProxy(t, k); !connect.IsMixed(err) {
		t.Errorf("%v, want that they are of several clusters", err)
	}
}
