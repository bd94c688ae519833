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
	return "no quorum: the members that answer have no leader, so they refuse writes and linearizable reads"
}

func (e *NoQuorumError) Unwrap() error { return e.err }

// canceledError reports that the call was canceled before a leader answered. It does not unwrap to the refusal for lack
// of a leader: an election may have been going on.
type canceledError struct{ err error }

func (e canceledError) Error() string { return e.err.Error() }
func (e canceledError) Unwrap() error { return e.err }

// NeverSent reports true: the members refused the call, so it changed nothing.
func (e canceledError) NeverSent() bool { return true }

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
			if errors.Is(ctx.Err(), context.Canceled) {
				return answer, canceledError{ctx.Err()}
			}
			return answer, &NoQuorumError{err} // the command's deadline is shorter than leaderLimit
		case <-time.After(leaderPause):
		}
	}
}
