package etcd_test

import (
	"context"
	"testing"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
)

func TestAmbiguous(t *testing.T) {
	for _, tc := range []struct {
		name string
		err  error
		want bool
	}{
		{"done", nil, false},
		{"deadline", context.DeadlineExceeded, true},
		{"canceled", context.Canceled, true},
		{"unavailable after it was sent", status.Error(codes.Unavailable, "error reading from server: EOF"), true},
		{"the server stops", rpctypes.ErrStopped, true},
		{"another leader", rpctypes.ErrLeaderChanged, true},
		{"no agreement in time", rpctypes.ErrTimeout, true},
		{"the leader failed", rpctypes.ErrTimeoutDueToLeaderFail, true},
		{"the connection broke", rpctypes.ErrTimeoutDueToConnectionLost, true},
		{"what nobody knows", status.Error(codes.Unknown, "?"), true},
		{"too many requests", rpctypes.ErrTooManyRequests, false},
		{"too large, for etcd", rpctypes.ErrRequestTooLarge, false},
		{"too large, for gRPC", status.Error(codes.ResourceExhausted, "trying to send message larger than max"), false},
		{"no space", rpctypes.ErrNoSpace, true},
		{"a stream that was reset", status.Error(codes.ResourceExhausted, "stream terminated by RST_STREAM with error code: ENHANCE_YOUR_CALM"), true},
		{"not allowed", rpctypes.ErrPermissionDenied, false},
		{"no connection", status.Error(codes.Unavailable, `connection error: desc = "transport: Error while dialing: no"`), false},
		{"no connection yet", status.Error(codes.DeadlineExceeded, "context deadline exceeded while waiting for connections to become ready"), false},
		{"no address", status.Error(codes.Unavailable, "there is no address available"), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := etcd.Ambiguous(tc.err); got != tc.want {
				t.Errorf("Ambiguous(%v) = %v", tc.err, got)
			}
		})
	}
}
