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

// retryEvery is the interval at which a membership change is retried.
const retryEvery = 500 * time.Millisecond

// RemoveMember removes a member from the cluster. It is no error if the member does not exist.
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

// AddLearner adds a learner: a member that does not vote until it is promoted.
func AddLearner(ctx context.Context, clients []*clientv3.Client, peerURL string) error {
	return retry(ctx, clients, func(ctx context.Context, client *clientv3.Client) error {
		_, err := client.MemberAddAsLearner(ctx, []string{peerURL})
		if errors.Is(err, rpctypes.ErrPeerURLExist) || errors.Is(err, rpctypes.ErrMemberExist) {
			return nil // added by an earlier try whose response was lost
		}
		return err
	})
}

// IsMember reports whether the membership, read linearizably, has a member with that peer URL.
func IsMember(ctx context.Context, client *clientv3.Client, peerURL string) (bool, error) {
	resp, err := client.MemberList(ctx)
	if err != nil {
		return false, fmt.Errorf("read the membership list: %w", Explain(err))
	}
	for _, m := range resp.Members {
		if slices.Contains(m.PeerURLs, peerURL) {
			return true, nil
		}
	}
	return false, nil
}

// Promote makes a learner a voting member. It retries until the learner has caught up with the leader.
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

// retry retries a membership change while etcd refuses it for a transient reason: peers count as connected only after
// five seconds, a learner is not in sync yet, an election is in progress. Each try uses another member, because each
// decides by its own connections (server/etcdserver/util.go isConnectedFullySince). A member that briefly lost the
// connection to a restarted peer can count it as disconnected forever, although they exchange messages.
func retry(ctx context.Context, clients []*clientv3.Client, change func(context.Context, *clientv3.Client) error) error {
	var last error
	try := 0
	err := wait.PollUntilContextCancel(ctx, retryEvery, true, func(ctx context.Context) (bool, error) {
		last = change(ctx, clients[try%len(clients)])
		try++
		return last == nil, ignoreTransient(last)
	})
	if err != nil && last != nil && ctx.Err() != nil {
		return fmt.Errorf("%w, last refusal: %w", context.Cause(ctx), Explain(last))
	}
	return Explain(err)
}

// ignoreTransient returns nil if the error is transient, or the error.
func ignoreTransient(err error) error {
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
