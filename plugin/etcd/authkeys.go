package etcd

import (
	"go.etcd.io/etcd/api/v3/authpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Access is the kind of access to keys.
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

func permission(keys keyrange.Range, a Access) report.Permission {
	return report.NewPermission(keys, a.Read, a.Write)
}
