package etcd_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
)

const noAnswer = "no answer in time (no quorum, or the member hangs)"

// TestHungMemberIsNotReportedAsClosed has a member that accepts connections and sends nothing, until gRPC times
// out.
func TestHungMemberIsNotReportedAsClosed(t *testing.T) {
	client := etcdtest.ClientWith(t, clientv3.Config{
		Endpoints: []string{etcdtest.Silent(t)}, MaxUnaryRetries: 1,
		DialOptions: []grpc.DialOption{
			grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: 300 * time.Millisecond}),
			grpc.WithChainUnaryInterceptor(failFast),
		},
	})
	for name, call := range operations() {
		err := call(t.Context(), client)
		if !errors.Is(err, context.DeadlineExceeded) || err.Error() != noAnswer {
			t.Errorf("%s: %v, want %q", name, err, noAnswer)
		}
	}
}

// failFast is as in plugin/connect: clientv3 has calls wait for a connection.
func failFast(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	return invoke(ctx, method, req, reply, cc, append(opts, grpc.WaitForReady(false))...)
}

func TestExplainClosedConnection(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nothing was ever said": {`connection error: desc = "error reading server preface: use of closed network connection"`, noAnswer},
		"a ping has no answer":  {"keepalive ping failed to receive ACK within timeout", noAnswer},
		"the member ended it":   {`error reading from server: EOF`, "the member closed the connection"},
		"it refused it at once": {`connection error: desc = "error reading server preface: EOF"`, `EOF`},
	} {
		got := etcd.Explain(status.Error(codes.Unavailable, c.text))
		if strings.TrimSpace(got.Error()) != c.want || errors.Is(got, context.DeadlineExceeded) != (c.want == noAnswer) {
			t.Errorf("%s: %v, want %q", name, got, c.want)
		}
	}
}
