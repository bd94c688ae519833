// Package etcd asks and orders etcd members. It is handed clients and returns reports; it knows nothing of Kubernetes.
package etcd

import (
	"fmt"
	"strconv"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Member is one member to ask, each through a client of its own: a client over several endpoints would hide which
// of them answered.
type Member struct {
	Name, Pod, Node, Zone string
	Client                *clientv3.Client // nil where the member cannot be asked
	Trouble               string           // why its pod does not run, or ""
}

// maintenance returns the maintenance calls over the client's own connection; clientv3's own would dial anew for
// each call (client/v3/maintenance.go).
func (m Member) maintenance() clientv3.Maintenance {
	return clientv3.NewMaintenanceFromMaintenanceClient(pb.NewMaintenanceClient(m.Client.ActiveConnection()), m.Client)
}

// idText prints a member ID as etcd does.
func idText(id uint64) string { return fmt.Sprintf("%x", id) }

// parseID reads a member ID as idText prints it.
func parseID(text string) (uint64, error) {
	id, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		return 0, fmt.Errorf("member ID %q: %w", text, err)
	}
	return id, nil
}

func memberNames(s report.Status) string {
	names := make([]string, len(s.Members))
	for i, m := range s.Members {
		names[i] = m.Name
	}
	return strings.Join(names, ", ")
}
