package report

import (
	"fmt"
	"strings"
)

type proxyDocument struct{ Proxy }

// DrawProxy draws report.Proxy.
func DrawProxy(p Proxy) Document { return proxyDocument{p} }

// Sections implements Document: lines that a shell reads.
func (p proxyDocument) Sections(bool) []Section {
	var s Section
	for _, v := range p.Variables {
		name, value, _ := strings.Cut(v, "=")
		s.Lines = append(s.Lines, Text(fmt.Sprintf("export %s=%s", name, Word(value, "''"))))
	}
	return []Section{s}
}
