package render

import "github.com/kubectl-etcd/kubectl-etcd/plugin/report"

type versionDocument struct{ report.Version }

// Version draws report.Version.
func Version(v report.Version) Document { return versionDocument{v} }

// Sections implements Document.
func (v versionDocument) Sections(bool) []Section {
	head := Section{Lines: [][]Cell{Text("Plugin:", v.Plugin+" ("+v.GoVersion+", "+v.Platform+")")}}
	if v.Cluster == "" {
		return []Section{head}
	}
	head.Lines = append(head.Lines, Text("Cluster:", v.Namespace+"/"+v.Cluster+", version "+orDash(v.Level)))
	table := Section{Header: []string{"MEMBER", "SERVER", "STORAGE", "ERROR"}}
	for _, m := range v.Members {
		table.Rows = append(table.Rows, append(Text(m.Name, orDash(m.Version), orDash(m.StorageVersion)), Cell{Text: m.Error, Level: Bad}))
	}
	return []Section{head, table}
}
