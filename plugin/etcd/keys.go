package etcd

import (
	"context"
	"fmt"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// The page size of a list. It grows until a page has about pageBytes, so that small keys need few round trips (the
// server counts all remaining keys for each page) and large values need bounded memory.
const (
	firstPage = 64
	growPage  = 4
	maxPage   = 16384
	pageBytes = 2 << 20
)

// Read says which keys to read, and how.
type Read struct {
	Key          string // with Prefix, the prefix; "" is the whole keyspace
	Prefix       bool
	KeysOnly     bool
	Limit        int64 // of the whole list; 0 is none
	Rev          int64 // of the store; 0 is the current one
	Serializable bool  // read from the member's own store, which may be behind
}

// NotFoundError reports that a key does not exist.
type NotFoundError struct {
	Key string
	Rev int64
}

func (e *NotFoundError) Error() string {
	if e.Rev > 0 {
		return fmt.Sprintf("key %q did not exist at revision %d", e.Key, e.Rev)
	}
	return fmt.Sprintf("key %q does not exist", e.Key)
}

// Get reads one key, linearizably unless r.Serializable. It returns a *NotFoundError if there is none.
func Get(ctx context.Context, client *clientv3.Client, r Read) (report.Key, error) {
	resp, err := r.get(ctx, client, r.Key, r.options()...)
	if err != nil {
		return report.Key{}, r.explain(err)
	}
	if len(resp.Kvs) == 0 {
		return report.Key{}, &NotFoundError{Key: r.Key, Rev: r.Rev}
	}
	return report.Key{Revision: resp.Header.Revision, KeyValue: r.keyValue(resp.Kvs[0])}, nil
}

// Count counts the keys of a read on the server.
func Count(ctx context.Context, client *clientv3.Client, r Read) (report.KeyCount, error) {
	count := report.NewKeyCount([]byte(r.Key), r.Prefix)
	opts := append(r.options(), clientv3.WithCountOnly())
	if r.Prefix {
		opts = append(opts, clientv3.WithPrefix())
	}
	resp, err := r.get(ctx, client, r.Key, opts...)
	if err != nil {
		return count, r.explain(err)
	}
	count.Count, count.Revision = resp.Count, resp.Header.Revision
	return count, nil
}

// get makes the request. A linearizable read retries until a leader answers; a serializable read needs no leader.
func (r Read) get(ctx context.Context, client *clientv3.Client, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	if r.Serializable {
		return client.Get(ctx, key, opts...)
	}
	return retryUntilLeader(ctx, func(ctx context.Context) (*clientv3.GetResponse, error) { return client.Get(ctx, key, opts...) })
}

func (r Read) options() []clientv3.OpOption {
	opts := []clientv3.OpOption{clientv3.WithRev(r.Rev)}
	if r.KeysOnly {
		opts = append(opts, clientv3.WithKeysOnly())
	}
	if r.Serializable {
		opts = append(opts, clientv3.WithSerializable())
	}
	return opts
}

func (r Read) keyValue(kv *mvccpb.KeyValue) report.KeyValue {
	out := keyValue(kv)
	if !r.KeysOnly {
		out = out.WithValue(kv.Value)
	}
	return out
}

func keyValue(kv *mvccpb.KeyValue) report.KeyValue {
	out := report.NewKey(kv.Key)
	out.CreateRevision, out.ModRevision, out.Version = kv.CreateRevision, kv.ModRevision, kv.Version
	if kv.Lease != 0 {
		out.Lease = idText(uint64(kv.Lease)) //nolint:gosec // an ID is 64 bits, signed or not
	}
	return out
}

func (r Read) explain(err error) error { return revisionProblem(r.Rev, err) }

// List reads all keys with a prefix at one revision, and calls page for each page. It returns whether there are more
// keys than r.Limit. It holds one page in memory.
func List(ctx context.Context, client *clientv3.Client, r Read, page func(revision int64, items []report.KeyValue) error) (more bool, err error) {
	p := pages{client: client, read: r, next: r.Key, size: firstPage, left: r.Limit}
	if p.next == "" {
		p.next = "\x00" // the smallest key: etcd refuses an empty one
	}
	for {
		resp, err := p.fetch(ctx)
		if err != nil {
			return true, p.read.explain(err)
		}
		items := make([]report.KeyValue, len(resp.Kvs))
		for i, kv := range resp.Kvs {
			items[i] = r.keyValue(kv)
		}
		if err := page(p.read.Rev, items); err != nil {
			return true, err
		}
		if !resp.More || len(resp.Kvs) == 0 || p.exhausted(len(resp.Kvs)) {
			return resp.More, nil
		}
	}
}

// pages is the state of a list between two pages.
type pages struct {
	client *clientv3.Client
	read   Read // Rev is set by the first page, so that all pages are of one revision
	next   string
	size   int64
	left   int64
}

// fetch reads the next page. It halves the page size while the response is too large.
func (p *pages) fetch(ctx context.Context) (*clientv3.GetResponse, error) {
	for {
		limit := p.size
		if p.left > 0 {
			limit = min(limit, p.left)
		}
		opts := append(p.read.options(), clientv3.WithRange(clientv3.GetPrefixRangeEnd(p.read.Key)), clientv3.WithLimit(limit))
		resp, err := p.read.get(ctx, p.client, p.next, opts...)
		if tooLarge(err) && p.size > 1 {
			p.size = max(limit/2, 1)
			continue
		}
		if err != nil {
			return nil, err
		}
		if p.read.Rev == 0 {
			p.read.Rev = resp.Header.Revision
		}
		p.advance(resp.Kvs)
		return resp, nil
	}
}

func (p *pages) advance(kvs []*mvccpb.KeyValue) {
	if len(kvs) == 0 {
		return
	}
	p.next = string(kvs[len(kvs)-1].Key) + "\x00"
	size := 0
	for _, kv := range kvs {
		size += len(kv.Key) + len(kv.Value) + 32 // about 32 bytes of revisions and lengths
	}
	fitting := int64(pageBytes * len(kvs) / size)
	p.size = max(1, min(fitting, p.size*growPage, maxPage))
}

// exhausted subtracts the keys that were read from the limit, and reports whether none are left.
func (p *pages) exhausted(read int) bool {
	if p.left == 0 {
		return false
	}
	p.left -= int64(read)
	return p.left == 0
}

// tooLarge reports whether the client refused a response because of its size.
func tooLarge(err error) bool {
	return err != nil && status.Code(err) == codes.ResourceExhausted
}
