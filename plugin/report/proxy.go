package report

import "strings"

// Proxy tells where a cluster's members are reached on this machine.
type Proxy struct {
	Head
	Endpoints     []string          `json:"endpoints"`     // for clients: those of the members that are asked
	HTTPEndpoints []string          `json:"httpEndpoints"` // of the same, where they serve HTTP
	ConnectProxy  string            `json:"connectProxy"`  // leads to the members by what they advertise
	Environment   map[string]string `json:"environment"`
	Members       []ProxyMember     `json:"members"`

	Variables []string `json:"-"` // the environment in order, as NAME=VALUE
}

// ProxyMember is one member's port, and that of its HTTP, which may be the same one.
type ProxyMember struct {
	Name        string `json:"name"`
	Address     string `json:"address"`
	HTTPAddress string `json:"httpAddress"`
}

// WithVariables returns the report with an environment of these.
func (p Proxy) WithVariables(variables []string) Proxy {
	p.Variables, p.Environment = variables, map[string]string{}
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		p.Environment[name] = value
	}
	return p
}

// Names returns what -o name prints.
func (p Proxy) Names() []string { return p.Endpoints }
