package etcd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/util/wait"
)

// retryEvery is the pause before a membership change is tried again.
const retryEvery = 500 * time.Millisecond

// RemoveMember takes a member out of the cluster. One that is gone already is not an error.
func RemoveMember(ctx context.Context, clients []*clientv3.Client, id string) error {
	number, err := parseID(id)
	if err != nil {
		return err
	}
	return retry(ctx, clients, func(ctx context.Context, client *clientv3.Client) error {
		_, err := client.MemberRemove(ctx, number)
		if errors.Is(err, rpctypes.ErrMemberNotFound) {
			return nil
		}
		return err
	})
}

// AddLearner adds a member that does not vote until it is promoted.
func AddLearner(ctx context.Context, clients []*clientv3.Client, peerURL string) error {
	return retry(ctx, clients, func(ctx context.Context, client *clientv3.Client) error {
		_, err := client.MemberAddAsLearner(ctx, []string{peerURL})
		if errors.Is(err, rpctypes.ErrPeerURLExist) || errors.Is(err, rpctypes.ErrMemberExist) {
			return nil // added by an earlier try whose answer was lost
		}
		return err
	})
}

// IsMember reports whether the quorum has a member with that peer URL.
func IsMember(ctx context.Context, client *clientv3.Client, peerURL string) (bool, error) {
	resp, err := client.MemberList(ctx)
	if err != nil {
		return false, fmt.Errorf("read the membership: %w", Explain(err))
	}
	for _, m := range resp.Members {
		if slices.Contains(m.PeerURLs, peerURL) {
			return true, nil
		}
	}
	return false, nil
}

// Promote makes a learner a voter, once it has caught up with the leader.
func Promote(ctx context.Context, clients []*clientv3.Client, id string) error {
	number, err := parseID(id)
	if err != nil {
		return err
	}
	return retry(ctx, clients, func(ctx context.Context, client *clientv3.Client) error {
		_, err := client.MemberPromote(ctx, number)
		if errors.Is(err, rpctypes.ErrMemberNotLearner) {
			return nil
		}
		return err
	})
}

// retry repeats a change of the membership while etcd refuses it for a reason that passes: peers count as connected
// only after five seconds, a learner has yet to catch up, an election is under way. It asks another member each time:
// each judges by its own connections (server/etcdserver/util.go isConnectedFullySince), and one that lost sight of a
// restarted peer for a moment can take it for disconnected for good, while they exchange messages all the time.
func retry(ctx context.Context, clients []*clientv3.Client, change func(context.Context, *clientv3.Client) error) error {
	var last error
	try := 0
	err := wait.PollUntilContextCancel(ctx, retryEvery, true, func(ctx context.Context) (bool, error) {
		last = change(ctx, clients[try%len(clients)])
		try++
		return last == nil, passing(last)
	})
	if err != nil && last != nil && ctx.Err() != nil {
		return fmt.Errorf("%w, last refusal: %w", context.Cause(ctx), Explain(last))
	}
	return Explain(err)
}

// passing returns nil for an error that is worth another try.
func passing(err error) error {
	for _, passes := range []error{
		rpctypes.ErrUnhealthy, rpctypes.ErrMemberLearnerNotReady, rpctypes.ErrNoLeader, rpctypes.ErrLeaderChanged,
		rpctypes.ErrTimeout, rpctypes.ErrTimeoutDueToLeaderFail, rpctypes.ErrTimeoutDueToConnectionLost, rpctypes.ErrNotLeader,
	} {
		if errors.Is(err, passes) {
			return nil
		}
	}
	return err
}
