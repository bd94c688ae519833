package report

import "fmt"

// AuthChange tells what was done to a user or a role of etcd's own authentication.
type AuthChange struct {
	Head
	Object  string   `json:"object"` // user/NAME or role/NAME
	Changes []string `json:"changes"`
}

// NewAuthChange returns a report on a user or a role.
func NewAuthChange(kind, name string) *AuthChange {
	return &AuthChange{Head: Head{Meta: NewMeta("AuthChange")}, Object: kind + "/" + name, Changes: []string{}}
}

// Did adds one thing that was done.
func (c *AuthChange) Did(format string, args ...any) {
	c.Changes = append(c.Changes, fmt.Sprintf(format, args...))
}

// Names returns what -o name prints.
func (c *AuthChange) Names() []string { return []string{c.Object} }

// AuthSwitch tells whether authentication is on now, and whether that is new.
type AuthSwitch struct {
	Head
	Enabled bool     `json:"enabled"`
	Changed bool     `json:"changed"`
	Root    AuthRoot `json:"root,omitzero"`
}

// AuthRoot tells how user root is told from others, where that was just arranged.
type AuthRoot struct {
	By     string `json:"by"`               // certificate, password, or secret
	Secret string `json:"secret,omitempty"` // NAMESPACE/NAME, with the password
	Flags  string `json:"flags,omitempty"`  // what every command needs to be root from now on
}

// Names returns what -o name prints.
func (s AuthSwitch) Names() []string { return []string{"etcd/" + s.Cluster} }
