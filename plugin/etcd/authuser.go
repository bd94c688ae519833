package etcd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// rootRole is the role that may do everything, and the name of the user that must have it.
const rootRole = "root"

// NewUser is a user to add. Without a password, it can only log in by client certificate.
type NewUser struct {
	Name, Password string
	Roles          []string
}

func (u NewUser) add(ctx context.Context, client *clientv3.Client) error {
	_, err := client.UserAddWithOptions(ctx, u.Name, u.Password, &clientv3.UserAddOptions{NoPassword: u.Password == ""})
	return err
}

// AddUser adds a user and grants it the roles. To resume an interrupted run, it accepts an existing user that has only
// some of these roles.
func AddUser(ctx context.Context, client *clientv3.Client, u NewUser) (*report.AuthChange, error) {
	change := report.NewAuthChange("user", u.Name)
	for _, role := range u.Roles {
		if err := roleExists(ctx, client, role); err != nil {
			return change, err
		}
	}
	missing := u.Roles
	err := u.add(ctx, client)
	switch {
	case errors.Is(err, rpctypes.ErrUserAlreadyExist):
		if missing, err = u.missing(ctx, client); err != nil {
			return change, err
		}
		change.Did("existed already (its password is unchanged)")
	case err != nil:
		return change, authProblem(u.Name, "", err)
	case u.Password == "":
		change.Did("added, without a password: it needs a client certificate")
	default:
		change.Did("added")
	}
	return change, grantRoles(ctx, client, change, u.Name, missing)
}

// missing returns the roles that an interrupted run did not grant. It returns an error if the existing user has other
// roles, or lacks none.
func (u NewUser) missing(ctx context.Context, client *clientv3.Client) ([]string, error) {
	resp, err := client.UserGet(ctx, u.Name)
	if err != nil {
		return nil, authProblem(u.Name, "", err)
	}
	missing := slices.DeleteFunc(slices.Clone(u.Roles), func(role string) bool { return slices.Contains(resp.Roles, role) })
	others := slices.ContainsFunc(resp.Roles, func(role string) bool { return !slices.Contains(u.Roles, role) })
	if len(missing) > 0 && !others {
		return missing, nil
	}
	has := "no role"
	if len(resp.Roles) > 0 {
		has = strings.Join(resp.Roles, ", ")
	}
	return nil, fmt.Errorf("user %q exists already, with %s (\"kubectl etcd auth user passwd\" changes its password, \"kubectl etcd auth user grant\" its roles)", u.Name, has)
}

// roleExists returns an error if the role does not exist. Role root always passes, because it is created when it is
// granted.
func roleExists(ctx context.Context, client *clientv3.Client, role string) error {
	if role == rootRole {
		return nil
	}
	_, err := client.RoleGet(ctx, role)
	return authProblem("", role, err)
}

// GrantRoles grants roles to a user. It is no error if the user has one already.
func GrantRoles(ctx context.Context, client *clientv3.Client, user string, roles []string) (*report.AuthChange, error) {
	change := report.NewAuthChange("user", user)
	return change, grantRoles(ctx, client, change, user, roles)
}

func grantRoles(ctx context.Context, client *clientv3.Client, change *report.AuthChange, user string, roles []string) error {
	for _, role := range roles {
		if _, err := client.UserGrantRole(ctx, user, role); err != nil {
			return authProblem(user, role, err)
		}
		change.Did("granted role %s", role)
	}
	return nil
}

// RevokeRoles revokes roles from a user.
func RevokeRoles(ctx context.Context, client *clientv3.Client, user string, roles []string) (*report.AuthChange, error) {
	change := report.NewAuthChange("user", user)
	for _, role := range roles {
		if _, err := client.UserRevokeRole(ctx, user, role); err != nil {
			return change, authProblem(user, role, err)
		}
		change.Did("revoked role %s", role)
	}
	return change, nil
}

// DeleteUser deletes a user.
func DeleteUser(ctx context.Context, client *clientv3.Client, user string) (*report.AuthChange, error) {
	change := report.NewAuthChange("user", user)
	if _, err := client.UserDelete(ctx, user); err != nil {
		return change, authProblem(user, "", err)
	}
	change.Did("deleted")
	return change, nil
}

// SetPassword changes a user's password. etcd invalidates the user's tokens.
func SetPassword(ctx context.Context, client *clientv3.Client, user, password string) (*report.AuthChange, error) {
	change := report.NewAuthChange("user", user)
	if _, err := client.UserChangePassword(ctx, user, password); err != nil {
		return change, authProblem(user, "", err)
	}
	change.Did("password changed")
	return change, nil
}

// MakeRoot creates user root with role root. With an empty password, root can only log in by client certificate.
// Authentication must be off. An existing root is deleted and added again to set a password: etcd does not set one for
// a user without password, and does not report which users those are (server/auth/store.go, UserChangePassword). Roles
// that it had are kept.
func MakeRoot(ctx context.Context, client *clientv3.Client, password string) error {
	root := NewUser{Name: rootRole, Password: password, Roles: []string{rootRole}}
	resp, err := client.UserGet(ctx, root.Name)
	there := err == nil
	if err != nil && !errors.Is(err, rpctypes.ErrUserNotFound) {
		return fmt.Errorf("read user root: %w", Explain(err))
	}
	if there {
		root.Roles = append(root.Roles, slices.DeleteFunc(resp.Roles, func(role string) bool { return role == rootRole })...)
	}
	if there && password != "" {
		if _, err := client.UserDelete(ctx, root.Name); err != nil && !errors.Is(err, rpctypes.ErrUserNotFound) {
			return fmt.Errorf("recreate user root: %w", authProblem(root.Name, "", err))
		}
		there = false
	}
	if !there {
		if err := root.add(ctx, client); err != nil {
			return fmt.Errorf("add user root: %w", authProblem(root.Name, "", err))
		}
	}
	if _, err := client.RoleAdd(ctx, rootRole); err != nil && !errors.Is(err, rpctypes.ErrRoleAlreadyExist) {
		return fmt.Errorf("add role root: %w", writeProblem(err))
	}
	for _, role := range root.Roles {
		if _, err := client.UserGrantRole(ctx, root.Name, role); err != nil {
			return fmt.Errorf("grant role %q to user root: %w", role, authProblem(root.Name, role, err))
		}
	}
	return nil
}

// EnableAuth enables authentication.
func EnableAuth(ctx context.Context, client *clientv3.Client) error {
	_, err := client.AuthEnable(ctx)
	return writeProblem(err)
}

// DisableAuth disables authentication. Users and roles are kept.
func DisableAuth(ctx context.Context, client *clientv3.Client) error {
	_, err := client.AuthDisable(ctx)
	return writeProblem(err)
}

// ProveRoot makes a call that requires role root. It returns its error.
func ProveRoot(ctx context.Context, client *clientv3.Client) error {
	_, err := retryUntilLeader(ctx, client.RoleList)
	return Explain(err)
}
