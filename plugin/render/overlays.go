package render

import "github.com/kubectl-etcd/kubectl-etcd/plugin/report"

type overlaysDocument struct{ report.Overlays }

// Overlays draws report.Overlays.
func Overlays(o report.Overlays) Document { return overlaysDocument{o} }

// Sections implements Document.
func (o overlaysDocument) Sections(bool) []Section {
	section := Section{Header: []string{"OVERLAY", "PROVISIONER", "DISK TYPE", "INTERNAL BALANCER", "DETECTED"}}
	for _, l := range o.Overlays.Overlays {
		provisioner, balancer, mark := l.Provisioner, "no", ""
		if provisioner == "" {
			provisioner = "(the default StorageClass)"
		}
		if l.InternalBalancer {
			balancer = "yes"
		}
		if l.Detected {
			mark = "*"
		}
		section.Rows = append(section.Rows, Text(l.Name, provisioner, orDash(l.DiskType), balancer, mark))
	}
	sections := []Section{section}
	if o.Problem != "" {
		sections = append(sections, lines("none detected: "+o.Problem)...)
	}
	return sections
}
