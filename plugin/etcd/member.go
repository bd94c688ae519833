// Package etcd asks and orders etcd members. It is handed clients and returns reports; it knows nothing of Kubernetes.
package etcd

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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

// Explain puts an etcd or gRPC error into words that say what happened to whom, without gRPC's wrapping.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), status.Code(err) == codes.DeadlineExceeded:
		return explained{"no answer within the deadline (no quorum, or the member hangs)", err}
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, rpctypes.ErrNoLeader):
		return explained{"the member knows no leader", err}
	}
	text := err.Error()
	if s, ok := status.FromError(err); ok {
		text = s.Message()
	}
	for _, prefix := range []string{"Error while dialing: ", "etcdserver: "} {
		if _, rest, found := strings.Cut(text, prefix); found {
			text = strings.TrimRight(rest, `"`)
		}
	}
	return explained{text, err}
}

type explained struct {
	text string
	err  error
}

func (e explained) Error() string { return e.text }
func (e explained) Unwrap() error { return e.err }

// idText prints a member ID as etcd does.
func idText(id uint64) string { return fmt.Sprintf("%x", id) }

// timedOut tells a member's own deadline from the end of the whole command.
func timedOut(ctx context.Context, limit time.Duration, err error) error {
	if ctx.Err() == nil && (errors.Is(err, context.DeadlineExceeded) || status.Code(err) == codes.DeadlineExceeded) {
		return explained{fmt.Sprintf("no answer within %s", limit), err}
	}
	return Explain(err)
}

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
