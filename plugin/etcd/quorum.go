package etcd

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// leaderLimit is how long a call is retried without a leader. An election takes one to three seconds with etcd's
	// default timeouts.
	leaderLimit = 8 * time.Second
	// leaderPause is the wait before a call that found no leader is retried.
	leaderPause = 200 * time.Millisecond
)

// NoQuorumError reports that there was no leader for longer than an election takes. The call changed nothing.
type NoQuorumError struct{ err error }

func (e *NoQuorumError) Error() string {
	return "no quorum: the members that answer have no leader, and so take neither writes nor reads of the present state"
}

func (e *NoQuorumError) Unwrap() error { return e.err }

// retryUntilLeader makes a call, and repeats it while the member knows no leader. With WithRequireLeader such a member
// refuses a call, reads and writes alike, before it does anything (newUnaryInterceptor,
// server/etcdserver/api/v3rpc/interceptor.go). Without it, the member would hold the call until the deadline.
func retryUntilLeader[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	end := time.After(leaderLimit)
	for {
		answer, err := call(clientv3.WithRequireLeader(ctx))
		if !errors.Is(err, rpctypes.ErrNoLeader) {
			return answer, err
		}
		select {
		case <-end:
			return answer, &NoQuorumError{err}
		case <-ctx.Done():
			return answer, &NoQuorumError{err}
		case <-time.After(leaderPause):
		}
	}
}
