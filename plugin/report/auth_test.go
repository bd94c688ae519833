package report

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func authReport() Auth {
	return Auth{
		Head: NewHead("Auth", "shop", "etcd"), Enabled: true, Revision: 7, User: "app", Asker: `user "app"`,
		Users: []AuthUser{{Name: "app", Roles: []string{"reader", "writer"}}, {Name: "idle", Roles: []string{}}},
		Roles: []AuthRole{
			{Name: "empty", Permissions: []Permission{}},
			{Name: "reader", Permissions: []Permission{
				NewPermission(PrefixOf, "/app/", "/app0", true, false), NewPermission(FromTo, "a", "\xff", true, true), NewPermission(FromKey, "z", "\x00", false, true),
			}},
			{Name: "root", Permissions: []Permission{NewPermission(EveryKey, "", "\x00", true, true)}},
		},
		NotLookedAt: []string{"other users and roles (permission denied)"},
	}
}

func printedAuth(t *testing.T, doc Document, format Format) string {
	t.Helper()
	var out bytes.Buffer
	if err := Print(&out, doc, format, false); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAuth(t *testing.T) {
	for format, want := range map[Format]string{
		"": `Cluster:          shop/etcd
Authentication:   on
Revision:         7
You are:          user "app"
Not looked at:    other users and roles (permission denied)

USER   ROLES
app    reader, writer
idle   -

ROLE     MAY           KEYS
empty    -             -
reader   read          keys that begin with "/app/"
         read, write   keys from "a" to "\xff"
         write         keys from "z" on
root     read, write   all keys
`,
		"name": "user/app\nuser/idle\nrole/empty\nrole/reader\nrole/root\n",
		"yaml": `apiVersion: etcd.kubectl.dev/v1
cluster: etcd
enabled: true
kind: Auth
namespace: shop
notLookedAt:
- other users and roles (permission denied)
revision: 7
roles:
- name: empty
  permissions: []
- name: reader
  permissions:
  - key: /app/
    read: true
    scope: prefix
    write: false
  - end: /w==
    endEncoding: base64
    key: a
    read: true
    scope: range
    write: true
  - key: z
    read: false
    scope: from
    write: true
- name: root
  permissions:
  - read: true
    scope: all
    write: true
user: app
users:
- name: app
  roles:
  - reader
  - writer
- name: idle
  roles: []
`,
	} {
		if diff := cmp.Diff(want, printedAuth(t, DrawAuth(authReport()), format)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", format, diff)
		}
	}
}

func TestAuthSwitch(t *testing.T) {
	head := NewHead("AuthSwitch", "shop", "etcd")
	for want, s := range map[string]AuthSwitch{
		"authentication of etcd is on already\n":                                                                                {Head: head, Enabled: true},
		"authentication of etcd is off already\n":                                                                               {Head: head},
		"authentication of etcd is off: whoever reaches etcd may do everything; users and roles are kept\n":                     {Head: head, Changed: true},
		"authentication of etcd is on\nuser root is by the client certificate, whose common name is \"root\"\n":                 {Head: head, Enabled: true, Changed: true, Root: AuthRoot{By: "certificate"}},
		"authentication of etcd is on\nuser root has the password that was given\n":                                             {Head: head, Enabled: true, Changed: true, Root: AuthRoot{By: "password"}},
		"authentication of etcd is on\nuser root's password is in secret shop/r\nto be root, commands take --x r from now on\n": {Head: head, Enabled: true, Changed: true, Root: AuthRoot{By: "secret", Secret: "shop/r", Flags: "--x r"}},
	} {
		if diff := cmp.Diff(want, printedAuth(t, DrawAuthSwitch(s), "")); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}
