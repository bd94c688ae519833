package connect

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/goleak"
	"k8s.io/client-go/kubernetes"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
)

func TestDialPrefersWebSocket(t *testing.T) {
	s := (&apiServer{backend: backend(t, echo)}).serve(t)
	mustDial(t, s)
	if s.webSockets.Load() != 1 || s.spdy.Load() != 0 {
		t.Errorf("%d WebSocket and %d SPDY upgrades", s.webSockets.Load(), s.spdy.Load())
	}
}

func TestDialFallsBackToSPDY(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError} {
		s := (&apiServer{backend: backend(t, echo), noUpgrade: status}).serve(t)
		mustDial(t, s)
		if s.spdy.Load() != 1 {
			t.Errorf("refused with %d: %d SPDY upgrades", status, s.spdy.Load())
		}
	}
}

func TestDialWithoutWebSocket(t *testing.T) {
	t.Setenv(webSocketsVariable, "False")
	s := (&apiServer{backend: backend(t, echo)}).serve(t)
	mustDial(t, s)
	if s.webSockets.Load() != 0 || s.spdy.Load() != 1 {
		t.Errorf("%d WebSocket and %d SPDY upgrades", s.webSockets.Load(), s.spdy.Load())
	}
}

func TestDialSaysWhyItIsRefused(t *testing.T) {
	s := (&apiServer{forbid: true}).serve(t)
	_, err := s.dialer(t).dial(t.Context(), "ns", "etcd-0", 2379)
	wantError(t, err, "port-forward to pod ns/etcd-0")
	wantError(t, err, `pods "etcd-0" is forbidden`)
}

func TestDialOfNoServer(t *testing.T) {
	s := &apiServer{url: "http://127.0.0.1:1"}
	_, err := s.dialer(t).dial(t.Context(), "ns", "etcd-0", 2379)
	wantError(t, err, "connection refused")
}

// TestDialEndsWithItsContext has the server hang at each step of a dial.
func TestDialEndsWithItsContext(t *testing.T) {
	for name, s := range map[string]*apiServer{
		"no answer":            {hang: true},
		"no streams":           {noStreams: true},
		"no streams over SPDY": {noStreams: true, noUpgrade: http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			s.serve(t)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := s.dialer(t).dial(ctx, "ns", "etcd-0", 2379)
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("a dial with a deadline of 200ms took %s", took)
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the deadline's", err)
			}
		})
	}
}

// TestSPDYUpgradeEndsWithItsContext has the server take the WebSocket's refusal's place and hang afterwards: client-go's
// SPDY dialer takes no context.
func TestSPDYUpgradeEndsWithItsContext(t *testing.T) {
	s := (&apiServer{hang: true}).serve(t)
	d := s.dialer(t)
	target := d.rest.Post().Resource("pods").Namespace("ns").Name("etcd-0").SubResource("portforward").URL()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := upgradeSPDY(ctx, s.config(), target)
	if took := time.Since(begin); took > 2*time.Second || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after %s: %v", took, err)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	each(t, func(t *testing.T, s *apiServer) {
		s.backend = backend(t, echo)
		s.serve(t)
		before := goleak.IgnoreCurrent()
		d := s.dialer(t)
		for range 5 {
			conn, err := d.dial(t.Context(), "ns", "etcd-0", 2379)
			if err != nil {
				t.Fatal(err)
			}
			exchange(t, conn, 100<<10)
			_ = conn.Close() // the other side may have been faster
		}
		// The server's spdystream holds an error of the connection's close for a second, for whoever asks.
		time.Sleep(1500 * time.Millisecond)
		goleak.VerifyNone(t, before)
	})
}

// TestEtcdClient speaks with a real member through the port-forward, over each transport.
func TestEtcdClient(t *testing.T) {
	members := etcdtest.Start(t, 1, nil).Members
	each(t, func(t *testing.T, s *apiServer) {
		s.backend = members[0].Endpoint[len("http://"):]
		s.serve(t)
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

// TestEtcdClientFailsFast has nothing listen in the pod: the reason must come at once, not a deadline later.
func TestEtcdClientFailsFast(t *testing.T) {
	s := (&apiServer{}).serve(t)
	conn := open(t, s)
	client, err := conn.Member(conn.cluster.Members[0])
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	begin := time.Now()
	_, err = client.Put(ctx, "k", "v")
	wantError(t, err, "connection refused (nothing listens on that port)")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestAllGoesToReadyMembers(t *testing.T) {
	ready, starting := pod("etcd-0", corev1.ConditionTrue), pod("etcd-1", corev1.ConditionFalse)
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
				wantError(t, err, "no member of etcd cluster")
				return
			}
			if err != nil || len(client.Endpoints()) != tc.want {
				t.Errorf("endpoints %v, %v; want %d", client.Endpoints(), err, tc.want)
			}
			_ = c.Close()
		})
	}
}

func pod(name string, ready corev1.ConditionStatus) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{
			{Type: corev1.PodReady, Status: ready},
		}},
	}
}

func open(t *testing.T, s *apiServer) *Connection {
	t.Helper()
	return openWith(t, s, credentials.Given{})
}

func openWith(t *testing.T, s *apiServer, given credentials.Given) *Connection {
	t.Helper()
	kube, err := kubernetes.NewForConfig(s.config())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := Open(t.Context(), s.config(), kube, &cluster.Cluster{
		Name: "etcd", Namespace: "ns",
		Members: []cluster.Member{{
			Name: "etcd-0", PodName: "etcd-0", Pod: pod("etcd-0", corev1.ConditionTrue), Server: cluster.Server{Scheme: "http", Port: 2379},
		}},
	}, given)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

var _ net.Conn = (*conn)(nil)
