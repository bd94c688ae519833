package etcd

import (
	"go.etcd.io/etcd/api/v3/authpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// noEnd stands for the end of a range that has none, and is the smallest key.
const noEnd = "\x00"

// Range are keys that a permission is for, as etcd has them: without an end it is one key.
type Range struct{ Key, End string }

// PrefixRange are the keys that begin with something.
func PrefixRange(prefix string) Range {
	return Range{prefix, clientv3.GetPrefixRangeEnd(prefix)}
}

// FromRange are the keys from one on.
func FromRange(key string) Range { return Range{key, noEnd} }

// AllKeys are all keys.
func AllKeys() Range { return Range{noEnd, noEnd} }

// Access is what one may do with keys.
type Access struct{ Read, Write bool }

func accessOf(p authpb.Permission_Type) Access {
	return Access{Read: p != authpb.Permission_WRITE, Write: p != authpb.Permission_READ}
}

func (a Access) kind() clientv3.PermissionType {
	switch {
	case a.Read && a.Write:
		return clientv3.PermissionType(clientv3.PermReadWrite)
	case a.Write:
		return clientv3.PermissionType(clientv3.PermWrite)
	}
	return clientv3.PermissionType(clientv3.PermRead)
}

// permission tells for people and programs what a range and an access are.
func permission(r Range, a Access) report.Permission {
	scope := report.FromTo
	switch {
	case r.End == "":
		scope = report.OneKey
	case r.End == noEnd && (r.Key == noEnd || r.Key == ""): // role root has no key at all (server/auth/store.go, rootPerm)
		scope = report.EveryKey
	case r.End == clientv3.GetPrefixRangeEnd(r.Key):
		scope = report.PrefixOf
	case r.End == noEnd:
		scope = report.FromKey
	}
	return report.NewPermission(scope, r.Key, r.End, a.Read, a.Write)
}
