package etcd

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

// TestRetryUntilLeaderEnds ends the wait for a leader by a cancellation and by deadlines. Only a cancellation says nothing
// about the quorum.
func TestRetryUntilLeaderEnds(t *testing.T) {
	for name, test := range map[string]struct {
		limit    func(context.Context) (context.Context, context.CancelFunc)
		noQuorum bool
		want     time.Duration
	}{
		"canceled": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(leaderPause/2, cancel)
			return ctx, cancel
		}, false, leaderPause / 2},
		"the command's deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, leaderPause/2)
		}, true, leaderPause / 2},
		"no limit": {context.WithCancel, true, leaderLimit},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := test.limit(t.Context())
				defer cancel()
				begin := time.Now()
				_, err := retryUntilLeader(ctx, func(context.Context) (int, error) { return 0, rpctypes.ErrNoLeader })
				var lost *NoQuorumError
				if got := errors.As(err, &lost); got != test.noQuorum {
					t.Errorf("no quorum: %t, want %t (%v)", got, test.noQuorum, err)
				}
				if got := errors.Is(Explain(err), context.Canceled); got == test.noQuorum {
					t.Errorf("canceled: %t (%v)", got, err)
				}
				if Ambiguous(err) || Ambiguous(Explain(err)) {
					t.Errorf("%v is ambiguous, although the call was refused", err)
				}
				if took := time.Since(begin); took.Round(leaderPause/2) != test.want {
					t.Errorf("took %s, want %s", took, test.want)
				}
			})
		})
	}
}
