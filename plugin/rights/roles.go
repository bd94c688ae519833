package rights

import (
	"context"
	"slices"

	"go.etcd.io/etcd/api/v3/authpb"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"golang.org/x/sync/errgroup"
)

// parallelReads bounds how many roles are read concurrently.
const parallelReads = 8

// Roles are the roles of a user and their permissions.
type Roles struct {
	Names       []string
	Permissions []*authpb.Permission
	Err         error // why the user could not be read, or nil
}

// ReadRoles reads a user's roles. etcd lets every user read itself and its roles (server/etcdserver/apply/auth.go,
// UserGet and RoleGet). If a role cannot be read, Names is set and Permissions is empty: the names are still worth
// reporting.
func ReadRoles(ctx context.Context, auth pb.AuthClient, user string) Roles {
	resp, err := auth.UserGet(ctx, &pb.AuthUserGetRequest{Name: user})
	if err != nil {
		return Roles{Err: rpctypes.Error(err)}
	}
	found := make([][]*authpb.Permission, len(resp.Roles))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelReads)
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
		return Roles{Names: resp.Roles}
	}
	return Roles{Names: resp.Roles, Permissions: slices.Concat(found...)}
}
