// Package rights finds the rights of etcd that a refused request requires, and the command that grants them to a role.
package rights

import (
	"bytes"

	"go.etcd.io/etcd/api/v3/authpb"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/shell"
)

// Right is the right to read or to write a range of keys.
type Right struct {
	Write bool
	Keys  keyrange.Range
}

// Needed returns the rights that a request requires (server/etcdserver/apply/auth.go). It returns none for requests
// that have no keys.
func Needed(req any) []Right {
	read := func(key, end []byte) Right { return Right{false, keyrange.Range{Key: string(key), End: string(end)}} }
	write := func(key, end []byte) Right { return Right{true, keyrange.Range{Key: string(key), End: string(end)}} }
	switch r := req.(type) {
	case *pb.RangeRequest:
		return []Right{read(r.Key, r.RangeEnd)}
	case *pb.WatchCreateRequest:
		return []Right{read(r.Key, r.RangeEnd)}
	case *pb.PutRequest:
		if r.PrevKv {
			return []Right{write(r.Key, nil), read(r.Key, nil)}
		}
		return []Right{write(r.Key, nil)}
	case *pb.DeleteRangeRequest:
		if r.PrevKv {
			return []Right{write(r.Key, r.RangeEnd), read(r.Key, r.RangeEnd)}
		}
		return []Right{write(r.Key, r.RangeEnd)}
	case *pb.TxnRequest:
		return txnRights(r)
	}
	return nil
}

// txnRights returns the rights of the compares and of both branches: etcd checks both, whichever is taken.
func txnRights(r *pb.TxnRequest) []Right {
	var all []Right
	for _, c := range r.Compare {
		all = append(all, Right{false, keyrange.Range{Key: string(c.Key), End: string(c.RangeEnd)}})
	}
	for _, op := range append(append([]*pb.RequestOp{}, r.Success...), r.Failure...) {
		switch o := op.Request.(type) {
		case *pb.RequestOp_RequestRange:
			all = append(all, Needed(o.RequestRange)...)
		case *pb.RequestOp_RequestPut:
			all = append(all, Needed(o.RequestPut)...)
		case *pb.RequestOp_RequestDeleteRange:
			all = append(all, Needed(o.RequestDeleteRange)...)
		case *pb.RequestOp_RequestTxn:
			all = append(all, txnRights(o.RequestTxn)...)
		}
	}
	return all
}

// CoveredBy reports whether the permissions together include the right.
func (r Right) CoveredBy(by []*authpb.Permission) bool {
	at, end := []byte(r.Keys.Key), limit([]byte(r.Keys.Key), []byte(r.Keys.End))
	for {
		moved := false
		for _, p := range by {
			if p.PermType != authpb.READWRITE && (p.PermType == authpb.WRITE) != r.Write || bytes.Compare(p.Key, at) > 0 {
				continue
			}
			upTo := limit(p.Key, p.RangeEnd)
			if upTo == nil || end != nil && bytes.Compare(upTo, end) >= 0 {
				return true
			}
			if bytes.Compare(upTo, at) > 0 {
				at, moved = upTo, true
			}
		}
		if !moved {
			return false
		}
	}
}

// limit returns the first key after a range, or nil if the range has no end.
func limit(key, end []byte) []byte {
	switch {
	case len(end) == 0:
		return append(bytes.Clone(key), 0)
	case len(end) == 1 && end[0] == 0:
		return nil
	}
	return end
}

func (r Right) access() string {
	if r.Write {
		return "write"
	}
	return "read"
}

// String returns the right as text for people.
func (r Right) String() string { return r.access() + " on " + r.Keys.String() }

// GrantFlags returns the flags of "auth role grant" for the right.
func (r Right) GrantFlags() string {
	access := " --" + r.access()
	switch r.Keys.Scope() {
	case keyrange.OneKey:
		return "--key " + word(r.Keys.Key) + access
	case keyrange.EveryKey:
		return "--all" + access
	case keyrange.PrefixOf:
		return "--prefix " + word(r.Keys.Key) + access
	case keyrange.FromKey:
		return "--range " + word(r.Keys.Key+",") + access
	}
	return "--range " + word(r.Keys.Key+","+r.Keys.End) + access
}

// word quotes text for a shell. It returns KEY for text with a zero byte, which no shell word can hold.
func word(text string) string { return shell.Word(text, "KEY") }
