package render

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/shell"
)

type proxyDocument struct{ report.Proxy }

// Proxy draws report.Proxy.
func Proxy(p report.Proxy) Document { return proxyDocument{p} }

// Sections implements Document: export lines for a shell.
func (p proxyDocument) Sections(bool) []Section {
	var s Section
	for _, v := range p.Variables {
		name, value, _ := strings.Cut(v, "=")
		s.Lines = append(s.Lines, Text(fmt.Sprintf("export %s=%s", name, shell.Word(value, "''"))))
	}
	return []Section{s}
}
