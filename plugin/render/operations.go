package render

import (
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type movedDocument struct{ report.LeaderMove }

// Moved draws report.LeaderMove.
func Moved(m report.LeaderMove) Document { return movedDocument{m} }

type sealedDocument struct{ report.Sealed }

// Sealed draws report.Sealed.
func Sealed(s report.Sealed) Document { return sealedDocument{s} }

type removedDocument struct{ report.Removed }

// Removed draws report.Removed.
func Removed(r report.Removed) Document { return removedDocument{r} }

type appliedDocument struct{ report.Applied }

// Applied draws report.Applied.
func Applied(a report.Applied) Document { return appliedDocument{a} }

// Sections implements Document.
func (m movedDocument) Sections(bool) []Section {
	if m.From == m.To {
		return lines(m.To + " is already the leader")
	}
	return lines("leadership moved from " + m.From + " to " + m.To)
}

// Sections implements Document.
func (s sealedDocument) Sections(bool) []Section {
	if s.Before == s.After {
		return lines(s.Cluster + " is already sealed")
	}
	return lines(s.Cluster + " is sealed (the seal was " + s.Before + ")")
}

// Sections implements Document.
func (r removedDocument) Sections(bool) []Section {
	var texts []string
	for _, name := range r.Removed.Removed {
		texts = append(texts, name+" deleted")
	}
	if len(r.Removed.Removed) == 0 {
		texts = append(texts, r.Cluster+" has no running objects to delete")
	}
	if len(r.Kept) > 0 {
		texts = append(texts, "kept the volumes "+strings.Join(r.Kept, ", ")+" with bootstrap and seal: \"kubectl etcd up "+
			r.Cluster+" -n "+r.Namespace+"\" finds the data again, \"kubectl etcd down "+r.Cluster+" -n "+r.Namespace+" --delete-data\" deletes it")
	}
	return lines(texts...)
}

// Sections implements Document.
func (a appliedDocument) Sections(bool) []Section {
	suffix := ""
	if a.DryRun != "" {
		suffix = " (" + a.DryRun + " dry run)"
	}
	var texts []string
	for _, o := range a.Objects {
		texts = append(texts, o.Name+" "+o.Verb+suffix)
	}
	return lines(texts...)
}
