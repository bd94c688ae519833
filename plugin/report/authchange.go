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

// Names implements Document.
func (c *AuthChange) Names() []string { return []string{c.Object} }

// Sections implements Document.
func (c *AuthChange) Sections(bool) []Section {
	texts := make([]string, len(c.Changes))
	for i, what := range c.Changes {
		texts[i] = c.Object + " " + what
	}
	return lines(texts...)
}

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

// Names implements Document.
func (s AuthSwitch) Names() []string { return []string{"etcd/" + s.Cluster} }

// Sections implements Document.
func (s AuthSwitch) Sections(bool) []Section {
	state := "off"
	if s.Enabled {
		state = "on"
	}
	if !s.Changed {
		return lines("authentication of " + s.Cluster + " is " + state + " already")
	}
	texts := []string{"authentication of " + s.Cluster + " is " + state}
	if !s.Enabled {
		return lines(texts[0] + ": whoever reaches etcd may do everything; users and roles are kept")
	}
	switch {
	case s.Root.By == "certificate":
		texts = append(texts, `user root is by the client certificate, whose common name is "root"`)
	case s.Root.Secret != "":
		texts = append(texts, "user root's password is in secret "+s.Root.Secret)
	default:
		texts = append(texts, "user root has the password that was given")
	}
	if s.Root.Flags != "" {
		texts = append(texts, "to be root, commands take "+s.Root.Flags+" from now on")
	}
	return lines(texts...)
}
