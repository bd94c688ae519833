package report

import (
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
)

// Auth tells who may do what, as far as the one who asks may see it.
type Auth struct {
	Head
	Enabled    bool       `json:"enabled"`
	Revision   uint64     `json:"revision,omitempty"` // of users and roles: each change of them counts
	User       string     `json:"user,omitempty"`     // who asks, where anybody in particular does
	Users      []AuthUser `json:"users"`
	Roles      []AuthRole `json:"roles"`
	Incomplete []string   `json:"incomplete,omitempty"` // what the one who asks may not see, and why

	Asker string `json:"-"` // for people
}

// AuthUser is a user of etcd's own authentication.
type AuthUser struct {
	Name  string   `json:"name"`
	Roles []string `json:"roles"`
}

// AuthRole is what some users may do.
type AuthRole struct {
	Name        string       `json:"name"`
	Permissions []Permission `json:"permissions"`
}

// Permission is the right to read or to write some keys. Key and end are each text where they are UTF-8 and base64, marked
// as such, where they are not.
type Permission struct {
	Read        bool           `json:"read"`
	Write       bool           `json:"write"`
	Scope       keyrange.Scope `json:"scope"`
	Key         string         `json:"key,omitempty"`
	KeyEncoding string         `json:"keyEncoding,omitempty"`
	End         string         `json:"end,omitempty"` // with scope range
	EndEncoding string         `json:"endEncoding,omitempty"`

	keys keyrange.Range
}

// NewPermission returns the right to read some keys, to write them, or both.
func NewPermission(keys keyrange.Range, read, write bool) Permission {
	p := Permission{Read: read, Write: write, Scope: keys.Scope(), keys: keys}
	if p.Scope != keyrange.EveryKey {
		p.Key, p.KeyEncoding = encode([]byte(keys.Key))
	}
	if p.Scope == keyrange.FromTo {
		p.End, p.EndEncoding = encode([]byte(keys.End))
	}
	return p
}

// Access tells what may be done.
func (p Permission) Access() string {
	var texts []string
	if p.Read {
		texts = append(texts, "read")
	}
	if p.Write {
		texts = append(texts, "write")
	}
	return strings.Join(texts, ", ")
}

// Keys names the keys.
func (p Permission) Keys() string { return p.keys.String() }

// Names returns what -o name prints.
func (a Auth) Names() []string {
	var names []string
	for _, u := range a.Users {
		names = append(names, "user/"+u.Name)
	}
	for _, r := range a.Roles {
		names = append(names, "role/"+r.Name)
	}
	return names
}
