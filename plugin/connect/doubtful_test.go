package connect

import (
	"strings"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// TestOnlyIPv6 forwards to members that listen only on ::1, on a node whose "localhost" resolves to ::1 and on one
// where it does not.
func TestOnlyIPv6(t *testing.T) {
	t.Parallel()
	const why = "etcd listens for clients on http://[::1]:2379 only"
	member := etcdtest.Start(t, 1, nil).Members[0]
	for name, backend := range map[string]string{"reached": strings.TrimPrefix(member.Endpoint, "http://"), "not reached": ""} {
		t.Run(name, func(t *testing.T) {
			conn := open(t, (&kubetest.APIServer{Backend: backend}).Serve(t))
			conn.targets["etcd-0"].member.Server.Doubtful = why
			err := writeKey(t, conn)
			if backend == "" {
				kubetest.WantError(t, err, `pod "etcd-0": `+why)
			} else if err != nil {
				t.Error(err)
			}
			if want := backend == ""; conn.AccessDenied("etcd-0") != want {
				t.Errorf("barred: %t, want %t", !want, want)
			}
		})
	}
	t.Run("it was reached before", func(t *testing.T) {
		s := (&kubetest.APIServer{Backend: strings.TrimPrefix(member.Endpoint, "http://")}).Serve(t)
		conn := open(t, s)
		conn.targets["etcd-0"].member.Server.Doubtful = why
		if err := writeKey(t, conn); err != nil {
			t.Fatal(err)
		}
		member.Stop()
		s.EndSessions()
		err := writeKey(t, conn)
		if err == nil || strings.Contains(err.Error(), why) || conn.AccessDenied("etcd-0") {
			t.Errorf("%v: a member that stopped is taken for one that is not reached", err)
		}
	})
}
