package etcd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/etcd/api/v3/authpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Grant is a permission to grant.
type Grant struct {
	keyrange.Range
	Access
}

// AddRole adds a role, with a permission unless grant is nil. To resume an interrupted run, it accepts an existing role
// without permissions if there is a grant to add.
func AddRole(ctx context.Context, client *clientv3.Client, role string, grant *Grant) (*report.AuthChange, error) {
	change := report.NewAuthChange("role", role)
	_, err := client.RoleAdd(ctx, role)
	switch {
	case errors.Is(err, rpctypes.ErrRoleAlreadyExist):
		has, err := client.RoleGet(ctx, role)
		if err != nil {
			return change, authProblem("", role, err)
		}
		if grant == nil || len(has.Perm) > 0 {
			return change, fmt.Errorf("role %q exists already (\"kubectl etcd auth role grant\" grants it further permissions)", role)
		}
		change.Did("existed already")
	case err != nil:
		return change, authProblem("", role, err)
	default:
		change.Did("added")
	}
	if grant == nil {
		return change, nil
	}
	return change, grantTo(ctx, client, change, role, *grant)
}

// GrantKeys adds access to keys to a role. Access that the role already has to exactly these keys is kept; etcd itself
// would replace it (server/auth/store.go, RoleGrantPermission).
func GrantKeys(ctx context.Context, client *clientv3.Client, role string, grant Grant) (*report.AuthChange, error) {
	change := report.NewAuthChange("role", role)
	return change, grantTo(ctx, client, change, role, grant)
}

func grantTo(ctx context.Context, client *clientv3.Client, change *report.AuthChange, role string, grant Grant) error {
	resp, err := client.RoleGet(ctx, role)
	if err != nil {
		return authProblem("", role, err)
	}
	if p := permissionFor(resp.Perm, grant.Range); p != nil {
		has := accessOf(p.PermType)
		grant.Read, grant.Write = grant.Read || has.Read, grant.Write || has.Write
	}
	if _, err := client.RoleGrantPermission(ctx, role, grant.Key, grant.End, grant.kind()); err != nil {
		return authProblem("", role, err)
	}
	perm := permission(grant.Range, grant.Access)
	change.Did("may %s %s", perm.Access(), perm.Keys())
	return nil
}

// RevokeKeys removes the permission for exactly these keys from a role.
func RevokeKeys(ctx context.Context, client *clientv3.Client, role string, keys keyrange.Range) (*report.AuthChange, error) {
	change := report.NewAuthChange("role", role)
	perm := permission(keys, Access{})
	_, err := client.RoleRevokePermission(ctx, role, keys.Key, keys.End)
	switch {
	case errors.Is(err, rpctypes.ErrPermissionNotGranted):
		return change, notGranted(ctx, client, role, perm)
	case err != nil:
		return change, authProblem("", role, err)
	}
	change.Did("may not read or write %s any more", perm.Keys())
	return change, nil
}

// notGranted returns an error that lists the role's permissions: etcd only revokes a permission for exactly the keys of
// its grant.
func notGranted(ctx context.Context, client *clientv3.Client, role string, wanted report.Permission) error {
	resp, err := client.RoleGet(ctx, role)
	if err != nil {
		return authProblem("", role, err)
	}
	has := "nothing"
	var texts []string
	for _, p := range permissions(resp.Perm) {
		texts = append(texts, p.Access()+" "+p.Keys())
	}
	if len(texts) > 0 {
		has = strings.Join(texts, "; ")
	}
	return fmt.Errorf("role %q has no permission for exactly %s (it may %s)", role, wanted.Keys(), has)
}

func permissionFor(permissions []*authpb.Permission, keys keyrange.Range) *authpb.Permission {
	for _, p := range permissions {
		if string(p.Key) == keys.Key && string(p.RangeEnd) == keys.End {
			return p
		}
	}
	return nil
}

// DeleteRole deletes a role. etcd revokes it from all users.
func DeleteRole(ctx context.Context, client *clientv3.Client, role string) (*report.AuthChange, error) {
	change := report.NewAuthChange("role", role)
	if _, err := client.RoleDelete(ctx, role); err != nil {
		return change, authProblem("", role, err)
	}
	change.Did("deleted, and revoked from all users")
	return change, nil
}
