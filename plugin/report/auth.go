package report

import (
	"fmt"
	"strings"
)

// Auth tells who may do what, as far as the one who asks may see it.
type Auth struct {
	Head
	Enabled     bool       `json:"enabled"`
	Revision    uint64     `json:"revision,omitempty"` // of users and roles: each change of them counts
	User        string     `json:"user,omitempty"`     // who asks, where anybody in particular does
	Users       []AuthUser `json:"users"`
	Roles       []AuthRole `json:"roles"`
	NotLookedAt []string   `json:"notLookedAt,omitempty"` // what the one who asks may not see, and why

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

// Scope says which keys a permission is for.
type Scope string

// The scopes.
const (
	OneKey   Scope = "key"
	PrefixOf Scope = "prefix"
	FromTo   Scope = "range" // from the key on, up to the end and without it
	FromKey  Scope = "from"  // from the key on
	EveryKey Scope = "all"
)

// Permission is the right to read or to write some keys. Key and end are each text where they are UTF-8 and base64, marked
// as such, where they are not.
type Permission struct {
	Read        bool   `json:"read"`
	Write       bool   `json:"write"`
	Scope       Scope  `json:"scope"`
	Key         string `json:"key,omitempty"`
	KeyEncoding string `json:"keyEncoding,omitempty"`
	End         string `json:"end,omitempty"` // with scope range
	EndEncoding string `json:"endEncoding,omitempty"`

	rawKey, rawEnd string
}

// NewPermission returns the right to read, to write or both.
func NewPermission(scope Scope, key, end string, read, write bool) Permission {
	p := Permission{Read: read, Write: write, Scope: scope, rawKey: key, rawEnd: end}
	if scope != EveryKey {
		p.Key, p.KeyEncoding = encode([]byte(key))
	}
	if scope == FromTo {
		p.End, p.EndEncoding = encode([]byte(end))
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

// Keys tells with which keys.
func (p Permission) Keys() string {
	switch p.Scope {
	case EveryKey:
		return "all keys"
	case PrefixOf:
		return fmt.Sprintf("keys that begin with %q", p.rawKey)
	case FromKey:
		return fmt.Sprintf("keys from %q on", p.rawKey)
	case FromTo:
		return fmt.Sprintf("keys from %q to %q", p.rawKey, p.rawEnd)
	}
	return fmt.Sprintf("%q", p.rawKey)
}

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
