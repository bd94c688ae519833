package report

import "strings"

// Proxy lists the local addresses that the proxy forwards to a cluster's members.
type Proxy struct {
	Head
	Endpoints     []string          `json:"endpoints"`     // client URLs of the selected members
	HTTPEndpoints []string          `json:"httpEndpoints"` // HTTP URLs of the same members
	ConnectProxy  string            `json:"connectProxy"`  // an HTTP CONNECT proxy to the members' advertised URLs
	Environment   map[string]string `json:"environment"`
	Members       []ProxyMember     `json:"members"`

	Variables []string `json:"-"` // Environment in order, as NAME=VALUE
}

// ProxyMember is one member's local address, and that of its HTTP endpoint, which may be the same.
type ProxyMember struct {
	Name        string `json:"name"`
	Address     string `json:"address"`
	HTTPAddress string `json:"httpAddress"`
}

// WithVariables returns a copy with this environment, given as NAME=VALUE.
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
