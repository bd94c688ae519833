package etcd

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// patience is how long a call waits for a leader. An election takes one to three seconds with etcd's own timeouts.
	patience = 8 * time.Second
	// leaderPause is the wait before a call that found no leader is made again.
	leaderPause = 200 * time.Millisecond
)

// NoQuorumError says that a call found no leader for longer than an election takes. It has changed nothing.
type NoQuorumError struct{ err error }

func (e *NoQuorumError) Error() string {
	return "no quorum: the members that answer have no leader, and so take neither writes nor reads of the present state"
}

func (e *NoQuorumError) Unwrap() error { return e.err }

// retryUntilLeader makes a call that takes a leader, and makes it again while there is none. A member that knows no leader refuses
// such a call before it does anything (newUnaryInterceptor, server/etcdserver/api/v3rpc/interceptor.go), a write too;
// without asking for that it would keep the call until its deadline.
func retryUntilLeader[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	end := time.After(patience)
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
