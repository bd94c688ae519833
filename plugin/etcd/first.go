package etcd

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// FirstKeys returns the first keys with a prefix, at most limit, read serializably. If there are more keys, the last ones
// in the result are not consecutive: they are chosen so that the common prefix of the result is the common prefix of
// all keys, because a shell completes the common prefix of its candidates.
func FirstKeys(ctx context.Context, client *clientv3.Client, prefix string, limit int) ([]string, error) {
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
	common := commonPrefix(keys[0], keys[len(keys)-1])
	for len(common) > len(prefix) && len(beyond) < limit {
		p.next, p.size = clientv3.GetPrefixRangeEnd(common), 1
		if p.next == "\x00" { // no key is greater than a prefix of only 0xff
			break
		}
		if resp, err = p.fetch(ctx); err != nil {
			return nil, p.read.explain(err)
		}
		if len(resp.Kvs) == 0 {
			break
		}
		beyond = append(beyond, string(resp.Kvs[0].Key))
		common = commonPrefix(common, beyond[len(beyond)-1])
	}
	return append(keys[:min(len(keys), limit-len(beyond))], beyond...), nil
}

// commonPrefix returns the common prefix of two keys.
func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}
