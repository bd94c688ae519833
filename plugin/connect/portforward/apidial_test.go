package portforward

import (
	"net"
	"testing"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

func dialerTo(s *kubetest.APIServer, t testing.TB) *Dialer {
	t.Helper()
	kube, err := kubernetes.NewForConfig(s.Config())
	if err != nil {
		t.Fatal(err)
	}
	return &Dialer{Config: s.Config(), REST: kube.CoreV1().RESTClient()}
}

func mustDial(t testing.TB, s *kubetest.APIServer) net.Conn {
	t.Helper()
	conn, err := dialerTo(s, t).Dial(t.Context(), "ns", "etcd-0", 2379)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
