package connect

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/rights"
)

const (
	// lookLimit bounds the read of a refused user's roles. The refusal is told without them where it takes longer.
	lookLimit = 2 * time.Second
	// lookFresh is how long the roles that were read are used again: a client that writes a hundred keys a second is refused as
	// often.
	lookFresh = time.Second
)

// lastRoles keeps the roles that were read last.
type lastRoles struct {
	mu    sync.Mutex
	at    time.Time
	found rights.Roles
}

// denied says which right the user lacks, and how to get it.
func (l *login) denied(ctx context.Context, cc *grpc.ClientConn, method string, req any) string {
	if l.user.name == "" {
		return "the client certificate has no common name, which would be the user (pass --etcd-user and --etcd-password-file, or --etcd-cert and --etcd-key)"
	}
	refusal := rights.Refusal{User: l.user.name, Who: l.user.String(), Has: l.roles(ctx, cc), Command: l.command}
	if errors.Is(refusal.Has.Err, rpctypes.ErrUserNotFound) {
		return l.unknown(ctx)
	}
	if _, compact := req.(*pb.CompactionRequest); compact || slices.Contains([]string{"Maintenance", "Cluster", "Auth"}, service(method)) {
		return refusal.NeedsRoot(l.root.certificate(ctx))
	}
	return refusal.Explain(req)
}

// roles returns the user's roles, at most lookFresh old.
func (l *login) roles(ctx context.Context, cc *grpc.ClientConn) rights.Roles {
	l.look.mu.Lock()
	defer l.look.mu.Unlock()
	if time.Since(l.look.at) < lookFresh {
		return l.look.found
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	l.look.found = rights.ReadRoles(ctx, pb.NewAuthClient(cc), l.user.name)
	l.look.at = time.Now()
	return l.look.found
}
