package etcd

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// authSteps is a table of changes, each with its report or its error.
type authStep struct {
	name string
	do   func(context.Context, *clientv3.Client) (*report.AuthChange, error)
	want string // the report, or a part of the error
}

func (s authStep) run(t *testing.T, client *clientv3.Client) {
	t.Helper()
	change, err := s.do(t.Context(), client)
	got := strings.Join(change.Changes, "; ")
	if err != nil {
		got += err.Error()
	}
	if err == nil && got != s.want || err != nil && !strings.Contains(got, s.want) {
		t.Errorf("%s: %q, want %q", s.name, got, s.want)
	}
	if err != nil && Ambiguous(err) && strings.Contains(err.Error(), "may have been applied") {
		t.Errorf("%s: %v", s.name, err)
	}
}

func TestUsersAndRoles(t *testing.T) {
	t.Parallel()
	client := etcdtest.Client(t, etcdtest.Start(t, 1, nil).Members[0].Endpoint)
	read, write := Access{Read: true}, Access{Write: true}
	addRole := func(role string, g *Grant) func(context.Context, *clientv3.Client) (*report.AuthChange, error) {
		return func(ctx context.Context, c *clientv3.Client) (*report.AuthChange, error) {
			return AddRole(ctx, c, role, g)
		}
	}
	grant := func(role string, r keyrange.Range, a Access) func(context.Context, *clientv3.Client) (*report.AuthChange, error) {
		return func(ctx context.Context, c *clientv3.Client) (*report.AuthChange, error) {
			return GrantKeys(ctx, c, role, Grant{r, a})
		}
	}
	revoke := func(role string, r keyrange.Range) func(context.Context, *clientv3.Client) (*report.AuthChange, error) {
		return func(ctx context.Context, c *clientv3.Client) (*report.AuthChange, error) {
			return RevokeKeys(ctx, c, role, r)
		}
	}
	addUser := func(u NewUser) func(context.Context, *clientv3.Client) (*report.AuthChange, error) {
		return func(ctx context.Context, c *clientv3.Client) (*report.AuthChange, error) { return AddUser(ctx, c, u) }
	}
	roles := func(f func(context.Context, *clientv3.Client, string, []string) (*report.AuthChange, error), user string, roles ...string) func(context.Context, *clientv3.Client) (*report.AuthChange, error) {
		return func(ctx context.Context, c *clientv3.Client) (*report.AuthChange, error) {
			return f(ctx, c, user, roles)
		}
	}
	for _, step := range []authStep{
		{"a role", addRole("reader", &Grant{keyrange.Prefix("/app/"), read}), `added; may read keys that begin with "/app/"`},
		{"the same role", addRole("reader", &Grant{keyrange.Prefix("/app/"), read}), `role "reader" exists already`},
		{"a role that may do nothing", addRole("empty", nil), "added"},
		{"a role whose making was interrupted", addRole("empty", &Grant{keyrange.All(), write}), "existed already; may write all keys"},
		{"what it may do it keeps", grant("reader", keyrange.Prefix("/app/"), write), `may read, write keys that begin with "/app/"`},
		{"another range", grant("reader", keyrange.Range{Key: "/a", End: "/c"}, read), `may read keys from "/a" to "/c"`},
		{"from a key on", grant("reader", keyrange.From("/z"), read), `may read keys from "/z" on`},
		{"a role that is not there", grant("nobody", keyrange.Range{Key: "k"}, read), `role "nobody" does not exist`},
		{"what was not granted", revoke("reader", keyrange.Range{Key: "/app/"}), `role "reader" has no permission for exactly "/app/" (it may read keys from "/a" to "/c"; read, write keys that begin with "/app/"; read keys from "/z" on)`},
		{"what was", revoke("reader", keyrange.From("/z")), `may not read or write keys from "/z" on any more`},
		{"a user of a role that is not there", addUser(NewUser{Name: "app", Password: "pw", Roles: []string{"nobody"}}), `role "nobody" does not exist`},
		{"a user", addUser(NewUser{Name: "app", Password: "pw", Roles: []string{"reader"}}), "added; granted role reader"},
		{"the same user", addUser(NewUser{Name: "app", Password: "pw", Roles: []string{"reader"}}), `user "app" exists already, with reader`},
		{"a user whose making was interrupted", addUser(NewUser{Name: "app", Password: "pw", Roles: []string{"reader", "empty"}}), "existed already (its password is unchanged); granted role empty"},
		{"a user who is somebody else's", addUser(NewUser{Name: "app", Password: "pw", Roles: []string{"reader", "root"}}), `user "app" exists already, with empty, reader`},
		{"by certificate", addUser(NewUser{Name: "cert"}), "added, without a password: it needs a client certificate"},
		{"roles", roles(GrantRoles, "cert", "reader", "empty"), "granted role reader; granted role empty"},
		{"roles again", roles(GrantRoles, "cert", "reader"), "granted role reader"},
		{"a role that nobody has made", roles(GrantRoles, "cert", "nobody"), `role "nobody" does not exist`},
		{"a role back", roles(RevokeRoles, "cert", "empty"), "revoked role empty"},
		{"a role that he has not", roles(RevokeRoles, "cert", "empty"), `user "cert" does not have role "empty"`},
		{"nobody", roles(GrantRoles, "nobody", "reader"), `user "nobody" does not exist`},
	} {
		step.run(t, client)
	}
	want := report.Auth{
		Users: []report.AuthUser{{Name: "app", Roles: []string{"empty", "reader"}}, {Name: "cert", Roles: []string{"reader"}}},
		Roles: []report.AuthRole{
			{Name: "empty", Permissions: []report.Permission{report.NewPermission(keyrange.All(), false, true)}},
			{Name: "reader", Permissions: []report.Permission{
				report.NewPermission(keyrange.Range{Key: "/a", End: "/c"}, true, false), report.NewPermission(keyrange.Prefix("/app/"), true, true),
			}},
		},
	}
	got, err := ReadAuth(t.Context(), client, "")
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(report.Auth{}, "Revision"), cmpopts.IgnoreUnexported(report.Permission{})); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	for _, step := range []authStep{
		{"a role goes", func(ctx context.Context, c *clientv3.Client) (*report.AuthChange, error) {
			return DeleteRole(ctx, c, "empty")
		}, "deleted, and revoked from all users"},
		{"a user goes", func(ctx context.Context, c *clientv3.Client) (*report.AuthChange, error) {
			return DeleteUser(ctx, c, "app")
		}, "deleted"},
		{"nobody goes", func(ctx context.Context, c *clientv3.Client) (*report.AuthChange, error) {
			return DeleteUser(ctx, c, "app")
		}, `user "app" does not exist`},
		{"no password of nobody", func(ctx context.Context, c *clientv3.Client) (*report.AuthChange, error) {
			return SetPassword(ctx, c, "app", "x")
		}, `user "app" does not exist`},
	} {
		step.run(t, client)
	}
}

// login returns a client that logs in with a password.
func login(t *testing.T, endpoint, user, password string) *clientv3.Client {
	t.Helper()
	return etcdtest.ClientWith(t, clientv3.Config{Endpoints: []string{endpoint}, Username: user, Password: password})
}

// TestMakeRoot starts with each state of root, and with each state that an interrupted run leaves.
func TestMakeRoot(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(context.Context, *clientv3.Client) error{
		"nobody": func(context.Context, *clientv3.Client) error { return nil },
		"a root with another password": func(ctx context.Context, c *clientv3.Client) error {
			return NewUser{Name: "root", Password: "other"}.add(ctx, c)
		},
		"a root by certificate alone": func(ctx context.Context, c *clientv3.Client) error {
			_, err := c.RoleAdd(ctx, "extra")
			_, err2 := AddUser(ctx, c, NewUser{Name: "root", Roles: []string{"extra"}})
			return errors.Join(err, err2)
		},
		"all of it": func(ctx context.Context, c *clientv3.Client) error { return MakeRoot(ctx, c, "earlier") },
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			endpoint := etcdtest.Start(t, 1, nil).Members[0].Endpoint
			client := etcdtest.Client(t, endpoint)
			if err := before(ctx, client); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(MakeRoot(ctx, client, "rootpw"), EnableAuth(ctx, client)); err != nil {
				t.Fatal(err)
			}
			root := login(t, endpoint, "root", "rootpw")
			if err := ProveRoot(ctx, root); err != nil {
				t.Error(err)
			}
			if on, revision, err := AuthState(ctx, client); !on || revision == 0 || err != nil {
				t.Errorf("on: %v, revision %d, %v", on, revision, err)
			}
			if err := EnableAuth(ctx, root); err != nil {
				t.Errorf("again: %v", err)
			}
			if _, err := DeleteUser(ctx, root, "root"); err == nil || !strings.Contains(err.Error(), "etcd refuses to delete user root and role root") {
				t.Errorf("root deletes itself: %v", err)
			}
			if resp, err := root.UserGet(ctx, "root"); err != nil || strings.Contains(name, "certificate") && len(resp.Roles) != 2 {
				t.Errorf("%v, %v", resp, err)
			}
			if err := DisableAuth(ctx, root); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestReadAuthOfOneself reads as a user without role root, and without a user.
func TestReadAuthOfOneself(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	endpoint := etcdtest.Start(t, 1, nil).Members[0].Endpoint
	client := etcdtest.Client(t, endpoint)
	_, err1 := AddRole(ctx, client, "reader", &Grant{keyrange.Range{Key: "/k"}, Access{Read: true}})
	_, err2 := AddUser(ctx, client, NewUser{Name: "app", Password: "apppw", Roles: []string{"reader"}})
	if err := errors.Join(err1, err2, MakeRoot(ctx, client, "rootpw"), EnableAuth(ctx, client)); err != nil {
		t.Fatal(err)
	}
	reader := report.AuthRole{Name: "reader", Permissions: []report.Permission{report.NewPermission(keyrange.Range{Key: "/k"}, true, false)}}
	app := report.AuthUser{Name: "app", Roles: []string{"reader"}}
	root := report.AuthRole{Name: "root", Permissions: []report.Permission{report.NewPermission(keyrange.Range{End: "\x00"}, true, true)}}
	for name, test := range map[string]struct {
		client *clientv3.Client
		self   string
		users  []report.AuthUser
		roles  []report.AuthRole
		unseen string
	}{
		"root":   {login(t, endpoint, "root", "rootpw"), "root", []report.AuthUser{app, {Name: "root", Roles: []string{"root"}}}, []report.AuthRole{reader, root}, ""},
		"app":    {login(t, endpoint, "app", "apppw"), "app", []report.AuthUser{app}, []report.AuthRole{reader}, "other users and roles ("},
		"nobody": {client, "", []report.AuthUser{}, []report.AuthRole{}, "users and roles ("},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadAuth(ctx, test.client, test.self)
			if err != nil || !got.Enabled || got.Revision == 0 {
				t.Errorf("%+v, %v", got, err)
			}
			if diff := cmp.Diff(test.users, got.Users); diff != "" {
				t.Errorf("users (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.roles, got.Roles, cmpopts.IgnoreUnexported(report.Permission{})); diff != "" {
				t.Errorf("roles (-want +got)\n%s", diff)
			}
			if unseen := strings.Join(got.Incomplete, "; "); !strings.HasPrefix(unseen, test.unseen) {
				t.Errorf("not looked at: %q", unseen)
			}
		})
	}
}
