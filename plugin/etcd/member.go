// Package etcd makes requests to etcd members and returns reports. It gets clients from its callers and knows nothing
// of Kubernetes.
package etcd

import (
	"fmt"
	"strconv"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Member is one member and a client of only that member: a client of several endpoints would hide which one answered.
type Member struct {
	Name, Pod, Node, Zone string
	Client                *clientv3.Client // nil if the member cannot be reached
	PodProblem            string           // why its pod does not run, or ""
}

// maintenance returns the maintenance client over the existing connection. The one of clientv3 would dial for each call
// (client/v3/maintenance.go).
func (m Member) maintenance() clientv3.Maintenance {
	return clientv3.NewMaintenanceFromMaintenanceClient(pb.NewMaintenanceClient(m.Client.ActiveConnection()), m.Client)
}

// idText formats a member ID as etcd does.
func idText(id uint64) string { return fmt.Sprintf("%x", id) }

// parseID parses a member ID in the format of idText.
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
