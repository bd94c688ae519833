package portforward

import (
	"net"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

func dialerTo(t testing.TB, s *kubetest.APIServer) *Dialer {
	t.Helper()
	return &Dialer{Config: s.Config(), REST: s.REST(t)}
}

func mustDial(t testing.TB, s *kubetest.APIServer) net.Conn {
	t.Helper()
	conn, err := dialerTo(t, s).Dial(t.Context(), "ns", "etcd-0", 2379)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
