// Package keyrange holds ranges of etcd's keys, for requests and permissions, and prints them for people.
package keyrange

import (
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// noEnd as the End of a range means that it has no end. As a key, it is the smallest one.
const noEnd = "\x00"

// Range is one key, or all keys from Key up to but not including End. It is encoded as in etcd: a single key has no
// End, and the End "\x00" is after every key (api/etcdserverpb/rpc.proto, RangeRequest).
type Range struct{ Key, End string }

// Prefix returns the keys that begin with prefix.
func Prefix(prefix string) Range { return Range{prefix, clientv3.GetPrefixRangeEnd(prefix)} }

// From returns the keys greater than or equal to key.
func From(key string) Range { return Range{key, noEnd} }

// All returns every key.
func All() Range { return Range{noEnd, noEnd} }

// Scope is the kind of a range, as printed in reports.
type Scope string

// The scopes.
const (
	OneKey   Scope = "key"
	PrefixOf Scope = "prefix"
	FromTo   Scope = "range" // up to but not including the end
	FromKey  Scope = "from"  // from the key, without an end
	EveryKey Scope = "all"
)

// Scope returns the kind of the range.
func (r Range) Scope() Scope {
	switch {
	case r.End == "":
		return OneKey
	case r.End == noEnd && (r.Key == noEnd || r.Key == ""): // role root's permission has an empty key (server/auth/store.go, rootPerm)
		return EveryKey
	case r.End == clientv3.GetPrefixRangeEnd(r.Key):
		return PrefixOf
	case r.End == noEnd:
		return FromKey
	}
	return FromTo
}

// String returns the keys as text for people.
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
