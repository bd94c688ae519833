package etcd

import (
	"context"
	"math"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// cleanupLimit bounds the cleanup after a command failed or was interrupted.
const cleanupLimit = 5 * time.Second

// Put writes one key. With a ttl, the key is attached to a new lease and expires with it.
func Put(ctx context.Context, client *clientv3.Client, key string, value []byte, ttl time.Duration) (report.Put, error) {
	put := report.NewPut([]byte(key), len(value))
	if ttl == 0 {
		resp, err := retryUntilLeader(ctx, func(ctx context.Context) (*clientv3.PutResponse, error) { return client.Put(ctx, key, string(value)) })
		if err != nil {
			return put, writeProblem(err)
		}
		put.Revision = resp.Header.Revision
		return put, nil
	}
	lease, err := retryUntilLeader(ctx, func(ctx context.Context) (*clientv3.LeaseGrantResponse, error) {
		return client.Grant(ctx, int64(math.Ceil(ttl.Seconds())))
	})
	if err != nil {
		return put, writeProblem(err)
	}
	resp, err := retryUntilLeader(ctx, func(ctx context.Context) (*clientv3.PutResponse, error) {
		return client.Put(ctx, key, string(value), clientv3.WithLease(lease.ID))
	})
	if err != nil {
		revoke(ctx, client, lease.ID)
		return put, writeProblem(err)
	}
	put.Revision = resp.Header.Revision
	id := uint64(lease.ID) //nolint:gosec // an ID is 64 bits, signed or not
	return put.Expires(idText(id), time.Duration(lease.TTL)*time.Second), nil
}

// revoke revokes an unused lease, even after ctx has ended. If that fails, the lease expires.
func revoke(ctx context.Context, client *clientv3.Client, id clientv3.LeaseID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupLimit)
	defer cancel()
	_, _ = client.Revoke(ctx, id)
}

// Delete deletes a key, or all keys with a prefix, in one transaction.
func Delete(ctx context.Context, client *clientv3.Client, key string, prefix bool) (report.Delete, error) {
	d := report.NewDelete([]byte(key), prefix)
	var opts []clientv3.OpOption
	if prefix {
		opts = append(opts, clientv3.WithPrefix())
	}
	resp, err := retryUntilLeader(ctx, func(ctx context.Context) (*clientv3.DeleteResponse, error) { return client.Delete(ctx, key, opts...) })
	if err != nil {
		return d, writeProblem(err)
	}
	d.Deleted, d.Revision = resp.Deleted, resp.Header.Revision
	return d, nil
}

// PlanDelete counts the keys that Delete would delete, and returns the first of them. It changes nothing.
func PlanDelete(ctx context.Context, client *clientv3.Client, key string, prefix bool, first int64) (report.DeletePlan, error) {
	plan := report.NewDeletePlan([]byte(key), prefix)
	opts := []clientv3.OpOption{clientv3.WithKeysOnly(), clientv3.WithLimit(first)} // the count ignores the limit
	if prefix {
		opts = append(opts, clientv3.WithPrefix())
	}
	resp, err := retryUntilLeader(ctx, func(ctx context.Context) (*clientv3.GetResponse, error) { return client.Get(ctx, key, opts...) })
	if err != nil {
		return plan, Explain(err)
	}
	plan.Count, plan.Revision = resp.Count, resp.Header.Revision
	for _, kv := range resp.Kvs {
		plan.FirstKeys = append(plan.FirstKeys, keyValue(kv))
	}
	return plan, nil
}

// partKeys is the maximum number of keys that one transaction of DeleteInParts deletes.
const partKeys = 1000

// DeleteInParts deletes all keys with a prefix in several transactions: a large one would block all other requests.
func DeleteInParts(ctx context.Context, client *clientv3.Client, prefix string) error {
	end := clientv3.GetPrefixRangeEnd(prefix)
	for {
		part, err := client.Get(ctx, prefix, clientv3.WithRange(end), clientv3.WithLimit(partKeys), clientv3.WithKeysOnly())
		if err != nil || len(part.Kvs) == 0 {
			return err
		}
		after := string(part.Kvs[len(part.Kvs)-1].Key) + "\x00"
		if _, err := client.Delete(ctx, prefix, clientv3.WithRange(after)); err != nil {
			return err
		}
	}
}

// HasPrefix reports whether any key has the prefix.
func HasPrefix(ctx context.Context, client *clientv3.Client, prefix string) (bool, error) {
	resp, err := client.Get(ctx, prefix, clientv3.WithPrefix(), clientv3.WithLimit(1), clientv3.WithKeysOnly())
	if err != nil {
		return false, Explain(err)
	}
	return len(resp.Kvs) > 0, nil
}
