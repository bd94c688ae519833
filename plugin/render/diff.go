package render

import "github.com/kubectl-etcd/kubectl-etcd/plugin/report"

type diffDocument struct{ report.Diff }

// Diff draws report.Diff.
func Diff(d report.Diff) Document { return diffDocument{d} }

// Sections implements Document. The caller prints the unified diff, Text, itself.
func (d diffDocument) Sections(bool) []Section {
	var texts []string
	for _, o := range d.Objects {
		texts = append(texts, o.Resource()+" "+o.Change)
	}
	return lines(texts...)
}
