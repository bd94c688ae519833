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

// Grant is a permission to be given.
type Grant struct {
	keyrange.Range
	Access
}

// AddRole makes a role, with a permission where one is given. One that was interrupted goes on: a role that may do nothing
// yet is taken for its own.
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
			return change, fmt.Errorf("role %q exists already (\"kubectl etcd auth role grant\" lets it do more)", role)
		}
		change.Did("was there already")
	case err != nil:
		return change, authProblem("", role, err)
	default:
		change.Did("added")
	}
	if grant == nil {
		return change, nil
	}
	return change, giveTo(ctx, client, change, role, *grant)
}

// GrantKeys lets a role do more with some keys: what it may do with them already it keeps. etcd itself would replace that
// (server/auth/store.go, RoleGrantPermission).
func GrantKeys(ctx context.Context, client *clientv3.Client, role string, grant Grant) (*report.AuthChange, error) {
	change := report.NewAuthChange("role", role)
	return change, giveTo(ctx, client, change, role, grant)
}

func giveTo(ctx context.Context, client *clientv3.Client, change *report.AuthChange, role string, grant Grant) error {
	resp, err := client.RoleGet(ctx, role)
	if err != nil {
		return authProblem("", role, err)
	}
	if p := exactly(resp.Perm, grant.Range); p != nil {
		has := accessOf(p.PermType)
		grant.Read, grant.Write = grant.Read || has.Read, grant.Write || has.Write
	}
	if _, err := client.RoleGrantPermission(ctx, role, grant.Key, grant.End, grant.kind()); err != nil {
		return authProblem("", role, err)
	}
	told := permission(grant.Range, grant.Access)
	change.Did("may %s %s", told.Access(), told.Keys())
	return nil
}

// RevokeKeys takes the permission for exactly these keys from a role.
func RevokeKeys(ctx context.Context, client *clientv3.Client, role string, keys keyrange.Range) (*report.AuthChange, error) {
	change := report.NewAuthChange("role", role)
	told := permission(keys, Access{})
	_, err := client.RoleRevokePermission(ctx, role, keys.Key, keys.End)
	switch {
	case errors.Is(err, rpctypes.ErrPermissionNotGranted):
		return change, notGranted(ctx, client, role, told)
	case err != nil:
		return change, authProblem("", role, err)
	}
	change.Did("may not read or write %s any more", told.Keys())
	return change, nil
}

// notGranted says what a role may do instead: a permission is taken back as it was given.
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

func exactly(permissions []*authpb.Permission, keys keyrange.Range) *authpb.Permission {
	for _, p := range permissions {
		if string(p.Key) == keys.Key && string(p.RangeEnd) == keys.End {
			return p
		}
	}
	return nil
}

// DeleteRole removes a role, and takes it from every user.
func DeleteRole(ctx context.Context, client *clientv3.Client, role string) (*report.AuthChange, error) {
	change := report.NewAuthChange("role", role)
	if _, err := client.RoleDelete(ctx, role); err != nil {
		return change, authProblem("", role, err)
	}
	change.Did("deleted, and taken from whoever had it")
	return change, nil
}
