package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/authpb"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
)

const (
	// lookLimit bounds the look at the roles of a user who was refused something: the refusal is told without them then.
	lookLimit = 2 * time.Second
	// lookFresh is how long it holds. Who writes a hundred keys a second is refused as often.
	lookFresh = time.Second
	// lookers bounds how many roles are asked for at the same time.
	lookers = 8
	// namedNeeds bounds how many rights a refusal names: a transaction can have 128 keys.
	namedNeeds = 5
)

// roles are what a user may do.
type roles struct {
	names       []string
	permissions []*authpb.Permission
	err         error
}

// lastLook keeps the last look at the user's roles.
type lastLook struct {
	mu    sync.Mutex
	at    time.Time
	found roles
}

// denied says who lacks which right, and how he gets it.
func (l *login) denied(ctx context.Context, cc *grpc.ClientConn, method string, req any) string {
	if l.user.name == "" {
		return "the client certificate has no common name, which would be the user (pass --etcd-user and --etcd-password-file, or --etcd-cert and --etcd-key)"
	}
	has := l.roles(ctx, cc)
	if errors.Is(has.err, rpctypes.ErrUserNotFound) {
		return l.unknown(ctx)
	}
	if _, compact := req.(*pb.CompactionRequest); compact || slices.Contains([]string{"Maintenance", "Cluster", "Auth"}, service(method)) {
		if flag := l.root.certificate(ctx); flag != "" {
			return fmt.Sprintf("%s lacks role \"root\" (be root with %s, which has root's certificate)", l.user, flag)
		}
		return fmt.Sprintf("%s lacks role \"root\" (grant it with \"%s\")", l.user, l.command("auth user grant "+word(l.user.name)+" root"))
	}
	wanted := needs(req)
	switch {
	case len(wanted) == 0: // what a lease is for is not in the request
		return fmt.Sprintf("%s lacks a right on a key of this lease", l.user)
	case has.err != nil:
		return fmt.Sprintf("%s lacks %s (grant it with \"%s\")", l.user, list(wanted), l.grant("ROLE", wanted))
	case len(has.names) == 0:
		return fmt.Sprintf("%s has no role (it takes %s: grant one with \"%s\")",
			l.user, list(wanted), l.command("auth user grant "+word(l.user.name)+" ROLE"))
	}
	lacked := slices.DeleteFunc(slices.Clone(wanted), func(n need) bool { return n.covered(has.permissions) })
	if len(lacked) == 0 {
		if put, ok := req.(*pb.PutRequest); ok && put.Lease != 0 {
			return fmt.Sprintf("%s lacks write on another key of the same lease", l.user)
		}
		lacked = wanted // somebody has granted it meanwhile
	}
	verb := "lacks"
	if len(has.names) > 1 {
		verb = "lack"
	}
	return fmt.Sprintf("%s %s %s (%s; grant it with \"%s\")", named(has.names), verb, list(lacked), l.user, l.grant(has.names[0], lacked))
}

// grant is the command with which a role gets rights.
func (l *login) grant(role string, lacked []need) string {
	if len(lacked) > 1 {
		return l.command("auth role grant " + word(role) + " --key KEY --read --write")
	}
	return l.command("auth role grant " + word(role) + " " + lacked[0].flags())
}

func named(roles []string) string {
	what := "role "
	if len(roles) > 1 {
		what = "roles "
	}
	quoted := make([]string, len(roles))
	for i, r := range roles {
		quoted[i] = fmt.Sprintf("%q", r)
	}
	return what + strings.Join(quoted, ", ")
}

func list(needs []need) string {
	var texts []string
	for _, n := range needs {
		if text := n.String(); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	if more := len(texts) - namedNeeds; more > 0 {
		texts = append(texts[:namedNeeds], fmt.Sprintf("%d more", more))
	}
	if len(texts) == 1 {
		return texts[0]
	}
	return strings.Join(texts[:len(texts)-1], ", ") + " and " + texts[len(texts)-1]
}

// roles asks etcd for the user's roles and what they may do. Everybody may see that of himself
// (server/etcdserver/apply/auth.go, UserGet and RoleGet).
func (l *login) roles(ctx context.Context, cc *grpc.ClientConn) roles {
	l.look.mu.Lock()
	defer l.look.mu.Unlock()
	if time.Since(l.look.at) < lookFresh {
		return l.look.found
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	l.look.found = readRoles(ctx, pb.NewAuthClient(cc), l.user.name)
	l.look.at = time.Now()
	return l.look.found
}

func readRoles(ctx context.Context, auth pb.AuthClient, user string) roles {
	resp, err := auth.UserGet(ctx, &pb.AuthUserGetRequest{Name: user})
	if err != nil {
		return roles{err: rpctypes.Error(err)}
	}
	found := make([][]*authpb.Permission, len(resp.Roles))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookers)
	for i, name := range resp.Roles {
		group.Go(func() error {
			role, err := auth.RoleGet(ctx, &pb.AuthRoleGetRequest{Role: name})
			if err != nil {
				return err
			}
			found[i] = role.Perm
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return roles{names: resp.Roles, permissions: nil} // which they are is worth more than what they lack exactly
	}
	return roles{names: resp.Roles, permissions: slices.Concat(found...)}
}
