package report

import "fmt"

// AuthChange reports the changes to one user or role of etcd's own authentication.
type AuthChange struct {
	Head
	Object  string   `json:"object"` // user/NAME or role/NAME
	Changes []string `json:"changes"`
}

// NewAuthChange returns an empty AuthChange of a user or role; kind is "user" or "role".
func NewAuthChange(kind, name string) *AuthChange {
	return &AuthChange{Head: Head{Meta: NewMeta("AuthChange")}, Object: kind + "/" + name, Changes: []string{}}
}

// Did adds one change.
func (c *AuthChange) Did(format string, args ...any) {
	c.Changes = append(c.Changes, fmt.Sprintf(format, args...))
}

// Names returns what -o name prints.
func (c *AuthChange) Names() []string { return []string{c.Object} }

// AuthSwitch reports whether authentication is on, and whether this command switched it.
type AuthSwitch struct {
	Head
	Enabled bool     `json:"enabled"`
	Changed bool     `json:"changed"`
	Root    AuthRoot `json:"root,omitzero"`
}

// AuthRoot is how user root authenticates, if this command configured it.
type AuthRoot struct {
	By     string `json:"by"`               // certificate, password, or secret
	Secret string `json:"secret,omitempty"` // NAMESPACE/NAME, with the password
	Flags  string `json:"flags,omitempty"`  // with which a command authenticates as root
}

// Names returns what -o name prints.
func (s AuthSwitch) Names() []string { return []string{"etcd/" + s.Cluster} }
