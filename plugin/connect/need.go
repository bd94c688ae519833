package connect

import (
	"bytes"
	"fmt"

	"go.etcd.io/etcd/api/v3/authpb"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/shell"
)

// need is a right that a request takes: to read or to write a key, or all keys of a range.
type need struct {
	write    bool
	key, end string // as etcd has them: without an end it is one key, "\x00" is no end
}

// needs returns the rights that a request takes (server/etcdserver/apply/auth.go).
func needs(req any) []need {
	read := func(key, end []byte) need { return need{false, string(key), string(end)} }
	write := func(key, end []byte) need { return need{true, string(key), string(end)} }
	switch r := req.(type) {
	case *pb.RangeRequest:
		return []need{read(r.Key, r.RangeEnd)}
	case *pb.WatchCreateRequest:
		return []need{read(r.Key, r.RangeEnd)}
	case *pb.PutRequest:
		if r.PrevKv {
			return []need{write(r.Key, nil), read(r.Key, nil)}
		}
		return []need{write(r.Key, nil)}
	case *pb.DeleteRangeRequest:
		if r.PrevKv {
			return []need{write(r.Key, r.RangeEnd), read(r.Key, r.RangeEnd)}
		}
		return []need{write(r.Key, r.RangeEnd)}
	case *pb.TxnRequest:
		return txnNeeds(r)
	}
	return nil
}

// txnNeeds returns those of both branches: etcd checks them whichever is taken.
func txnNeeds(r *pb.TxnRequest) []need {
	var all []need
	for _, c := range r.Compare {
		all = append(all, need{false, string(c.Key), string(c.RangeEnd)})
	}
	for _, op := range append(append([]*pb.RequestOp{}, r.Success...), r.Failure...) {
		switch o := op.Request.(type) {
		case *pb.RequestOp_RequestRange:
			all = append(all, needs(o.RequestRange)...)
		case *pb.RequestOp_RequestPut:
			all = append(all, needs(o.RequestPut)...)
		case *pb.RequestOp_RequestDeleteRange:
			all = append(all, needs(o.RequestDeleteRange)...)
		case *pb.RequestOp_RequestTxn:
			all = append(all, txnNeeds(o.RequestTxn)...)
		}
	}
	return all
}

// covered reports whether permissions, taken together, give the right.
func (n need) covered(by []*authpb.Permission) bool {
	at, end := []byte(n.key), limit([]byte(n.key), []byte(n.end))
	for {
		moved := false
		for _, p := range by {
			if p.PermType != authpb.READWRITE && (p.PermType == authpb.WRITE) != n.write || bytes.Compare(p.Key, at) > 0 {
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

// limit returns the first key behind a range, or nil where it has no end.
func limit(key, end []byte) []byte {
	switch {
	case len(end) == 0:
		return append(bytes.Clone(key), 0)
	case len(end) == 1 && end[0] == 0:
		return nil
	}
	return end
}

func (n need) access() string {
	if n.write {
		return "write"
	}
	return "read"
}

// String tells the right for people.
func (n need) String() string { return n.access() + " on " + n.keys() }

func (n need) keys() string {
	switch {
	case n.end == "":
		return fmt.Sprintf("%q", n.key)
	case n.all():
		return "all keys"
	case n.end == clientv3.GetPrefixRangeEnd(n.key):
		return fmt.Sprintf("keys that begin with %q", n.key)
	case n.end == "\x00":
		return fmt.Sprintf("keys from %q on", n.key)
	}
	return fmt.Sprintf("keys from %q to %q", n.key, n.end)
}

func (n need) all() bool { return n.end == "\x00" && (n.key == "\x00" || n.key == "") }

// flags are those of "auth role grant" that give the right.
func (n need) flags() string {
	access := " --" + n.access()
	switch {
	case n.end == "":
		return "--key " + word(n.key) + access
	case n.all():
		return "--all" + access
	case n.end == clientv3.GetPrefixRangeEnd(n.key):
		return "--prefix " + word(n.key) + access
	case n.end == "\x00":
		return "--range " + word(n.key+",") + access
	}
	return "--range " + word(n.key+","+n.end) + access
}

// word quotes a text as one word of a shell.
func word(text string) string { return shell.Word(text, "KEY") }
