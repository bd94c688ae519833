package etcd

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// First returns the first keys that begin with a prefix, at most limit, as one member has them. Where there are more, the
// last of them stand for those: a shell types what all candidates have in common, and that is to be what all keys have.
func First(ctx context.Context, client *clientv3.Client, prefix string, limit int) ([]string, error) {
	p := pages{
		client: client, read: Read{Key: prefix, Prefix: true, KeysOnly: true, Serializable: true},
		next: prefix, size: int64(limit),
	}
	if p.next == "" {
		p.next = "\x00" // as in List
	}
	resp, err := p.fetch(ctx)
	if err != nil {
		return nil, p.read.explain(err)
	}
	var keys, beyond []string
	for _, kv := range resp.Kvs {
		keys = append(keys, string(kv.Key))
	}
	if !resp.More || len(keys) == 0 {
		return keys, nil
	}
	common := shared(keys[0], keys[len(keys)-1])
	for len(common) > len(prefix) && len(beyond) < limit {
		p.next, p.size = clientv3.GetPrefixRangeEnd(common), 1
		if p.next == "\x00" { // nothing can stand behind a prefix of 0xff alone
			break
		}
		if resp, err = p.fetch(ctx); err != nil {
			return nil, p.read.explain(err)
		}
		if len(resp.Kvs) == 0 {
			break
		}
		beyond = append(beyond, string(resp.Kvs[0].Key))
		common = shared(common, beyond[len(beyond)-1])
	}
	return append(keys[:min(len(keys), limit-len(beyond))], beyond...), nil
}

// shared returns what two keys begin with.
func shared(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
