package connect

import (
	"net"
	"testing"

	"k8s.io/client-go/kubernetes"
)

func (s *apiServer) dialer(t testing.TB) *dialer {
	t.Helper()
	kube, err := kubernetes.NewForConfig(s.config())
	if err != nil {
		t.Fatal(err)
	}
	return &dialer{config: s.config(), rest: kube.CoreV1().RESTClient()}
}

func mustDial(t testing.TB, s *apiServer) net.Conn {
	t.Helper()
	conn, err := s.dialer(t).dial(t.Context(), "ns", "etcd-0", 2379)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
