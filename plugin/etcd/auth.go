package etcd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/etcd/api/v3/authpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"golang.org/x/sync/errgroup"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// parallelReads bounds how many users and roles are read concurrently: each read goes through the quorum.
const parallelReads = 8

// AuthState returns whether authentication is on, and the revision of users and roles. It needs no user.
func AuthState(ctx context.Context, client *clientv3.Client) (on bool, revision uint64, err error) {
	resp, err := retryUntilLeader(ctx, client.AuthStatus)
	switch {
	case refused(err): // a refusal means that it is on
		return true, 0, nil
	case err != nil:
		return false, 0, fmt.Errorf("ask whether authentication is on: %w", Explain(err))
	}
	return resp.Enabled, resp.AuthRevision, nil
}

// ReadAuth reads all users and roles. If the caller does not have role root, it reads only the user self and its roles,
// or nothing if self is "". Incomplete says what could not be read.
func ReadAuth(ctx context.Context, client *clientv3.Client, self string) (report.Auth, error) {
	auth := report.Auth{Users: []report.AuthUser{}, Roles: []report.AuthRole{}}
	var err error
	if auth.Enabled, auth.Revision, err = AuthState(ctx, client); err != nil {
		return auth, err
	}
	users, roles, err := names(ctx, client)
	if refused(err) {
		what := "users and roles"
		if users, roles = ownUserAndRoles(ctx, client, self); len(users) > 0 {
			what = "other users and roles"
		}
		auth.Incomplete = append(auth.Incomplete, fmt.Sprintf("%s (%v)", what, err))
	} else if err != nil {
		return auth, fmt.Errorf("list users and roles: %w", Explain(err))
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelReads)
	read := make([]*report.AuthUser, len(users))
	for i, name := range users {
		group.Go(func() (err error) { read[i], err = readUser(ctx, client, name); return err })
	}
	found := make([]*report.AuthRole, len(roles))
	for i, name := range roles {
		group.Go(func() (err error) { found[i], err = readRole(ctx, client, name); return err })
	}
	if err := group.Wait(); err != nil {
		return auth, err
	}
	auth.Users, auth.Roles = dropNil(read), dropNil(found)
	return auth, nil
}

// names lists all users and all roles.
func names(ctx context.Context, client *clientv3.Client) (users, roles []string, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) { users, err = UserNames(ctx, client); return err })
	group.Go(func() (err error) { roles, err = RoleNames(ctx, client); return err })
	err = group.Wait()
	return users, roles, err
}

// UserNames lists all users by name.
func UserNames(ctx context.Context, client *clientv3.Client) ([]string, error) {
	resp, err := retryUntilLeader(ctx, client.UserList)
	if err != nil {
		return nil, err
	}
	slices.Sort(resp.Users)
	return resp.Users, nil
}

// RoleNames lists all roles by name.
func RoleNames(ctx context.Context, client *clientv3.Client) ([]string, error) {
	resp, err := retryUntilLeader(ctx, client.RoleList)
	if err != nil {
		return nil, err
	}
	slices.Sort(resp.Roles)
	return resp.Roles, nil
}

// ownUserAndRoles returns the user self and its roles, or nothing if etcd does not have the user.
func ownUserAndRoles(ctx context.Context, client *clientv3.Client, self string) (users, roles []string) {
	if self == "" {
		return nil, nil
	}
	resp, err := client.UserGet(ctx, self)
	if err != nil {
		return nil, nil
	}
	return []string{self}, resp.Roles
}

// readUser returns a user, or nil if it was deleted in the meantime.
func readUser(ctx context.Context, client *clientv3.Client, name string) (*report.AuthUser, error) {
	resp, err := client.UserGet(ctx, name)
	switch {
	case errors.Is(err, rpctypes.ErrUserNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read user %q: %w", name, Explain(err))
	}
	return &report.AuthUser{Name: name, Roles: append([]string{}, resp.Roles...)}, nil
}

// readRole returns a role, or nil if it was deleted in the meantime.
func readRole(ctx context.Context, client *clientv3.Client, name string) (*report.AuthRole, error) {
	resp, err := client.RoleGet(ctx, name)
	switch {
	case errors.Is(err, rpctypes.ErrRoleNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read role %q: %w", name, Explain(err))
	}
	return &report.AuthRole{Name: name, Permissions: permissions(resp.Perm)}, nil
}

func permissions(found []*authpb.Permission) []report.Permission {
	out := make([]report.Permission, len(found))
	for i, p := range found {
		out[i] = permission(keyrange.Range{Key: string(p.Key), End: string(p.RangeEnd)}, accessOf(p.PermType))
	}
	return out
}

func dropNil[T any](all []*T) []T {
	left := []T{}
	for _, one := range all {
		if one != nil {
			left = append(left, *one)
		}
	}
	return left
}

// authProblem explains why etcd refused a change of a user or a role. Either name may be "".
func authProblem(user, role string, err error) error {
	switch {
	case err == nil, refused(err):
		return err
	case errors.Is(err, rpctypes.ErrUserNotFound):
		return explained{fmt.Sprintf("user %q does not exist (\"kubectl etcd auth status\" lists them)", user), err}
	case errors.Is(err, rpctypes.ErrRoleNotFound):
		return explained{fmt.Sprintf("role %q does not exist (\"kubectl etcd auth role add\" creates it)", role), err}
	case errors.Is(err, rpctypes.ErrRoleNotGranted):
		return explained{fmt.Sprintf("user %q does not have role %q", user, role), err}
	case errors.Is(err, rpctypes.ErrInvalidAuthMgmt):
		return explained{"while authentication is on, etcd refuses to delete user root and role root, and to revoke role root from user root", err}
	}
	return writeProblem(err)
}
