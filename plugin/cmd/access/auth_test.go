package access

import (
	"errors"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli/clitest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
)

func TestAuthStatusFlags(t *testing.T) {
	clitest.Check(t, newAuthStatus, map[string]authStatusOptions{"": {}, "--etcd orders -o json": {}})
	clitest.Check(t, newAuthStatus, nil, "orders", "-o table")
}

func TestAuthSwitchFlags(t *testing.T) {
	clitest.Check(t, newAuthEnable, map[string]authSwitchOptions{
		"":                                  {},
		"--root-secret admin --yes -o json": {rootSecret: "admin", yes: true},
		"--queue 1m":                        {},
	})
	clitest.Check(t, newAuthEnable, nil, "orders", "--queue -1s")
	clitest.Check(t, newAuthDisable, map[string]authSwitchOptions{"": {}, "--yes --queue 1m -o json": {yes: true}})
	clitest.Check(t, newAuthDisable, nil, "orders", "--queue -1s")
}

// TestUserAddFlags has no terminal: without --no-password, a flag with the password's source is required.
func TestUserAddFlags(t *testing.T) {
	clitest.Check(t, newUserAdd, map[string]userAddOptions{
		"app --no-password":                     {user: "app", password: passwordFlags{none: true}},
		"app --password-file -":                 {user: "app", password: passwordFlags{PasswordFrom: credentials.PasswordFrom{File: "-"}}},
		"app --password-secret shop/s":          {user: "app", password: passwordFlags{PasswordFrom: credentials.PasswordFrom{Secret: "shop/s"}}},
		"app --no-password --role a --role b,c": {user: "app", roles: []string{"a", "b,c"}, password: passwordFlags{none: true}},
	})
	clitest.Check(t, newUserAdd, nil, "", "app", "app other --no-password", "app --no-password --role=", "app --no-password --password-file -",
		"app --no-password --password-secret s", "app --password-file - --password-secret s", "app --password-secret a/b/c")
}

func TestUserPasswdFlags(t *testing.T) {
	clitest.Check(t, newUserPasswd, map[string]userPasswdOptions{
		"app --password-file new": {user: "app", password: passwordFlags{PasswordFrom: credentials.PasswordFrom{File: "new"}}},
		"app --password-secret s": {user: "app", password: passwordFlags{PasswordFrom: credentials.PasswordFrom{Secret: "s"}}},
	})
	clitest.Check(t, newUserPasswd, nil, "", "app", "app other --password-file new", "app --password-file new --password-secret s")
}

func TestUserDeleteFlags(t *testing.T) {
	clitest.Check(t, newUserDelete, map[string]userDeleteOptions{"app": {user: "app"}})
	clitest.Check(t, newUserDelete, nil, "", "app other")
}

func TestUserRolesFlags(t *testing.T) {
	want := map[string]userRolesOptions{
		"app reader":        {user: "app", roles: []string{"reader"}},
		"app reader writer": {user: "app", roles: []string{"reader", "writer"}},
	}
	clitest.Check(t, newUserGrant, want)
	clitest.Check(t, newUserRevoke, want)
	clitest.Check(t, newUserGrant, nil, "", "app")
	clitest.Check(t, newUserRevoke, nil, "", "app")
}

func TestRoleAddFlags(t *testing.T) {
	read := etcd.Access{Read: true}
	clitest.Check(t, newRoleAdd, map[string]roleAddOptions{
		"empty":                      {role: "empty"},
		"reader --prefix /a/ --read": {role: "reader", grant: &etcd.Grant{Range: keyrange.Prefix("/a/"), Access: read}},
	})
	clitest.Check(t, newRoleAdd, nil, "", "reader writer", "reader --read", "reader --prefix /a/", "reader --prefix= --read")
}

func TestRoleGrantFlags(t *testing.T) {
	read, write := etcd.Access{Read: true}, etcd.Access{Write: true}
	clitest.Check(t, newRoleGrant, map[string]roleGrantOptions{
		"r --prefix /a/ --read":     {role: "r", grant: etcd.Grant{Range: keyrange.Prefix("/a/"), Access: read}},
		"r --key /a --read --write": {role: "r", grant: etcd.Grant{Range: keyrange.Range{Key: "/a"}, Access: etcd.Access{Read: true, Write: true}}},
		"r --all --write":           {role: "r", grant: etcd.Grant{Range: keyrange.All(), Access: write}},
		"r --range /a,/n --write":   {role: "r", grant: etcd.Grant{Range: keyrange.Range{Key: "/a", End: "/n"}, Access: write}},
		"r --range /a, --read":      {role: "r", grant: etcd.Grant{Range: keyrange.From("/a"), Access: read}},
	})
	clitest.Check(t, newRoleGrant, nil, "", "r", "r --read", "r --key /a", "r --key= --read", "r --prefix= --read", "r --all=false --read",
		"r --key /a --all --read", "r --range /a --read", "r --range ,/n --read", "r --range /n,/a --read", "r --range /a,/a --read")
}

func TestRoleRevokeFlags(t *testing.T) {
	clitest.Check(t, newRoleRevoke, map[string]roleRevokeOptions{
		"r --prefix /a/":  {role: "r", keys: keyrange.Prefix("/a/")},
		"r --key /a":      {role: "r", keys: keyrange.Range{Key: "/a"}},
		"r --range /a,/n": {role: "r", keys: keyrange.Range{Key: "/a", End: "/n"}},
		"r --all":         {role: "r", keys: keyrange.All()},
	})
	clitest.Check(t, newRoleRevoke, nil, "", "r", "r --prefix /a/ --key /a", "r --all=false", "r --range /a")
}

func TestRoleDeleteFlags(t *testing.T) {
	clitest.Check(t, newRoleDelete, map[string]roleDeleteOptions{"r": {role: "r"}})
	clitest.Check(t, newRoleDelete, nil, "", "r other")
}

// TestEmptyNames passes empty arguments, which clitest's lines cannot have. A command that accepts one finds no API server.
func TestEmptyNames(t *testing.T) {
	for _, args := range [][]string{
		{"user", "add", "", "--no-password"},
		{"user", "delete", ""},
		{"user", "passwd", "", "--password-file", "-"},
		{"user", "grant", "", "reader"},
		{"user", "grant", "app", ""},
		{"user", "revoke", "app", "reader", ""},
		{"role", "add", ""},
		{"role", "delete", ""},
		{"role", "grant", "", "--all", "--read"},
		{"role", "revoke", "", "--all"},
	} {
		streams, _, _, _ := genericiooptions.NewTestIOStreams()
		f := cli.NewFactory(streams)
		root := &cobra.Command{Use: "kubectl-etcd", SilenceErrors: true, SilenceUsage: true}
		f.AddFlags(root)
		root.AddCommand(newAuth(f))
		root.SetArgs(append([]string{"auth", "--server", "http://127.0.0.1:1"}, args...))
		if err := root.ExecuteContext(t.Context()); !errors.As(err, &cli.UsageError{}) {
			t.Errorf("%q: %v is no usage error", args, err)
		}
	}
}
