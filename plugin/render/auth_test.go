package render

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func authReport() report.Auth {
	return report.Auth{
		Head: report.NewHead("Auth", "shop", "etcd"), Enabled: true, Revision: 7, User: "app", Asker: `user "app"`,
		Users: []report.AuthUser{{Name: "app", Roles: []string{"reader", "writer"}}, {Name: "idle", Roles: []string{}}},
		Roles: []report.AuthRole{
			{Name: "empty", Permissions: []report.Permission{}},
			{Name: "reader", Permissions: []report.Permission{
				report.NewPermission(keyrange.Prefix("/app/"), true, false), report.NewPermission(keyrange.Range{Key: "a", End: "\xff"}, true, true), report.NewPermission(keyrange.From("z"), false, true),
			}},
			{Name: "root", Permissions: []report.Permission{report.NewPermission(keyrange.Range{End: "\x00"}, true, true)}},
		},
		Incomplete: []string{"other users and roles (permission denied)"},
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
Your user:        user "app"
Incomplete:       other users and roles (permission denied)

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
incomplete:
- other users and roles (permission denied)
kind: Auth
namespace: shop
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
		if diff := cmp.Diff(want, printedAuth(t, Auth(authReport()), format)); diff != "" {
			t.Errorf("%q (-want +got)\n%s", format, diff)
		}
	}
}

func TestAuthSwitch(t *testing.T) {
	head := report.NewHead("AuthSwitch", "shop", "etcd")
	for want, s := range map[string]report.AuthSwitch{
		"authentication of etcd is already on\n":  {Head: head, Enabled: true},
		"authentication of etcd is already off\n": {Head: head},
		"authentication of etcd is off: anyone who reaches etcd may do everything; users and roles are kept\n":                           {Head: head, Changed: true},
		"authentication of etcd is on\nuser root authenticates with the client certificate, whose common name is \"root\"\n":             {Head: head, Enabled: true, Changed: true, Root: report.AuthRoot{By: "certificate"}},
		"authentication of etcd is on\nuser root has the password that was given\n":                                                      {Head: head, Enabled: true, Changed: true, Root: report.AuthRoot{By: "password"}},
		"authentication of etcd is on\nuser root's password is in secret shop/r\nfrom now on, give commands --x r to run them as root\n": {Head: head, Enabled: true, Changed: true, Root: report.AuthRoot{By: "secret", Secret: "shop/r", Flags: "--x r"}},
	} {
		if diff := cmp.Diff(want, printedAuth(t, AuthSwitch(s), "")); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}
