package render

import (
	"strconv"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type authDocument struct{ report.Auth }

// Auth draws report.Auth.
func Auth(a report.Auth) Document { return authDocument{a} }

// Sections implements Document.
func (a authDocument) Sections(bool) []Section {
	state := Cell{Text: "off: anyone who reaches etcd may do everything", Level: Warn}
	if a.Enabled {
		state = Cell{Text: "on", Level: Good}
	}
	top := Section{Lines: [][]Cell{
		Text("Cluster:", a.Namespace+"/"+a.Cluster),
		{{Text: "Authentication:"}, state},
	}}
	if a.Revision > 0 {
		top.Lines = append(top.Lines, Text("Revision:", strconv.FormatUint(a.Revision, 10)))
	}
	if a.Asker != "" {
		top.Lines = append(top.Lines, Text("Your user:", a.Asker))
	}
	if len(a.Incomplete) > 0 {
		top.Lines = append(top.Lines, Text("Incomplete:", strings.Join(a.Incomplete, ", ")))
	}
	sections := []Section{top}
	if len(a.Users) > 0 {
		sections = append(sections, a.users())
	}
	if len(a.Roles) > 0 {
		sections = append(sections, a.roles())
	}
	return sections
}

func (a authDocument) users() Section {
	users := Section{Header: []string{"USER", "ROLES"}}
	for _, u := range a.Users {
		users.Rows = append(users.Rows, Text(u.Name, orDash(strings.Join(u.Roles, ", "))))
	}
	return users
}

func (a authDocument) roles() Section {
	roles := Section{Header: []string{"ROLE", "MAY", "KEYS"}}
	for _, r := range a.Roles {
		if len(r.Permissions) == 0 {
			roles.Rows = append(roles.Rows, Text(r.Name, "-", "-"))
		}
		for i, p := range r.Permissions {
			name := r.Name
			if i > 0 {
				name = ""
			}
			roles.Rows = append(roles.Rows, Text(name, p.Access(), p.Keys()))
		}
	}
	return roles
}
