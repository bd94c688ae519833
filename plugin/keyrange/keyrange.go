// Package keyrange says which of etcd's keys a request or a permission is for, to etcd and to people.
package keyrange

import (
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// noEnd stands for the end of a range that has none. It is also the smallest key.
const noEnd = "\x00"

// Range is one key, or all keys from Key up to End and without it, as etcd has them: one key has no End, and the End "\x00"
// is behind every key (api/etcdserverpb/rpc.proto, RangeRequest).
type Range struct{ Key, End string }

// Prefix returns the keys that begin with prefix.
func Prefix(prefix string) Range { return Range{prefix, clientv3.GetPrefixRangeEnd(prefix)} }

// From returns the keys from key on.
func From(key string) Range { return Range{key, noEnd} }

// All returns every key.
func All() Range { return Range{noEnd, noEnd} }

// Scope is the kind of a range, as reports have it.
type Scope string

// The scopes.
const (
	OneKey   Scope = "key"
	PrefixOf Scope = "prefix"
	FromTo   Scope = "range" // from the key on, up to the end and without it
	FromKey  Scope = "from"  // from the key on
	EveryKey Scope = "all"
)

// Scope returns the kind of the range.
func (r Range) Scope() Scope {
	switch {
	case r.End == "":
		return OneKey
	case r.End == noEnd && (r.Key == noEnd || r.Key == ""): // role root has no key at all (server/auth/store.go, rootPerm)
		return EveryKey
	case r.End == clientv3.GetPrefixRangeEnd(r.Key):
		return PrefixOf
	case r.End == noEnd:
		return FromKey
	}
	return FromTo
}

// String names the keys for people.
func (r Range) String() string {
	switch r.Scope() {
	case EveryKey:
		return "all keys"
	case PrefixOf:
		return fmt.Sprintf("keys that begin with %q", r.Key)
	case FromKey:
		return fmt.Sprintf("keys from %q on", r.Key)
	case FromTo:
		return fmt.Sprintf("keys from %q to %q", r.Key, r.End)
	}
	return fmt.Sprintf("%q", r.Key)
}
