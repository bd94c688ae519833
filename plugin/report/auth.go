package report

import (
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
)

// Auth lists etcd's users and roles, as far as the caller's permissions allow.
type Auth struct {
	Head
	Enabled    bool       `json:"enabled"`
	Revision   uint64     `json:"revision,omitempty"` // of etcd's auth store: each change of users, roles or authentication increments it
	User       string     `json:"user,omitempty"`     // the etcd user of this request; empty for an anonymous one
	Users      []AuthUser `json:"users"`
	Roles      []AuthRole `json:"roles"`
	Incomplete []string   `json:"incomplete,omitempty"` // what the caller may not read, and why

	Asker string `json:"-"` // for people
}

// AuthUser is a user of etcd's own authentication.
type AuthUser struct {
	Name  string   `json:"name"`
	Roles []string `json:"roles"`
}

// AuthRole is a role of etcd's own authentication, with its permissions.
type AuthRole struct {
	Name        string       `json:"name"`
	Permissions []Permission `json:"permissions"`
}

// Permission is the right to read or write a range of keys. Key and End are text if they are UTF-8; otherwise they are
// base64, and KeyEncoding or EndEncoding says so.
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

// NewPermission returns the right to read or write the keys, or both.
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

// Access returns "read", "write" or "read, write".
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

// Keys describes the range of keys.
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
