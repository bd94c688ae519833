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
	// explainLimit bounds the requests that explain a refusal. If they take longer, the refusal is reported without
	// their result.
	explainLimit = 2 * time.Second
	// rolesMaxAge is how long roles are cached: a client that writes 100 keys a second is refused 100 times a second.
	rolesMaxAge = time.Second
)

// rolesCache holds the roles that were read last.
type rolesCache struct {
	mu    sync.Mutex
	at    time.Time
	found rights.Roles
}

// deniedText says which right the user lacks, and how to grant it.
func (l *login) deniedText(ctx context.Context, cc *grpc.ClientConn, method string, req any) string {
	if l.user.name == "" {
		return "the client certificate has no common name, and no user is given (pass --etcd-user and --etcd-password-file, or --etcd-cert and --etcd-key)"
	}
	refusal := rights.Refusal{User: l.user.name, Who: l.user.String(), Has: l.roles(ctx, cc), Command: l.command}
	if errors.Is(refusal.Has.Err, rpctypes.ErrUserNotFound) {
		return l.unknownUserText(ctx)
	}
	if _, compact := req.(*pb.CompactionRequest); compact || slices.Contains([]string{"Maintenance", "Cluster", "Auth"}, service(method)) {
		return refusal.NeedsRoot(l.root.certificate(ctx))
	}
	return refusal.Explain(req)
}

// roles returns the user's roles, at most rolesMaxAge old.
func (l *login) roles(ctx context.Context, cc *grpc.ClientConn) rights.Roles {
	l.cache.mu.Lock()
	defer l.cache.mu.Unlock()
	if time.Since(l.cache.at) < rolesMaxAge {
		return l.cache.found
	}
	ctx, cancel := context.WithTimeout(ctx, explainLimit)
	defer cancel()
	l.cache.found = rights.ReadRoles(ctx, pb.NewAuthClient(cc), l.user.name)
	l.cache.at = time.Now()
	return l.cache.found
}
