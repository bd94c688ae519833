package etcd

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestAddHealth checks that the alarm is returned to a client without a user.
func TestAddHealth(t *testing.T) {
	t.Parallel()
	endpoint := etcdtest.Start(t, 1, nil).Members[0].Endpoint
	client := etcdtest.Client(t, endpoint)
	web := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", strings.TrimPrefix(endpoint, "http://"))
	}}}
	for _, change := range []func() error{
		func() error { _, err := client.UserAdd(t.Context(), "root", "pw"); return err },
		func() error { _, err := client.UserGrantRole(t.Context(), "root", "root"); return err },
		func() error { _, err := client.AuthEnable(t.Context()); return err },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
	}
	var s report.Status
	if err := AddHealth(t.Context(), &s, web); err != nil || s.Alarm != "" || s.WritesRefused {
		t.Errorf("no alarm stands: %q, writes refused %v, %v", s.Alarm, s.WritesRefused, err)
	}
	root := etcdtest.ClientWith(t, clientv3.Config{Endpoints: []string{endpoint}, Username: "root", Password: "pw"})
	_, err := pb.NewMaintenanceClient(root.ActiveConnection()).Alarm(t.Context(), &pb.AlarmRequest{Action: pb.AlarmRequest_ACTIVATE, Alarm: pb.AlarmType_NOSPACE, MemberID: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := AddHealth(t.Context(), &s, web); err != nil || s.Alarm != "NOSPACE" || !s.WritesRefused {
		t.Errorf("NOSPACE stands: %q, writes refused %v, %v", s.Alarm, s.WritesRefused, err)
	}
}
