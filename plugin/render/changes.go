package render

import (
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/human"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type putDocument struct{ report.Put }

// Put draws report.Put.
func Put(p report.Put) Document { return putDocument{p} }

type deleteDocument struct{ report.Delete }

// Delete draws report.Delete.
func Delete(d report.Delete) Document { return deleteDocument{d} }

type deletePlanDocument struct{ report.DeletePlan }

// DeletePlan draws report.DeletePlan.
func DeletePlan(d report.DeletePlan) Document { return deletePlanDocument{d} }

// Sections implements Document.
func (p putDocument) Sections(bool) []Section {
	text := fmt.Sprintf("%s written at revision %d (%s", p.RawKey(), p.Revision, human.Bytes(int64(p.SizeBytes)))
	if p.TTL != "" {
		text += ", expires in " + p.TTL
	}
	return []Section{{Lines: [][]Cell{Text(text + ")")}}}
}

// Sections implements Document.
func (d deleteDocument) Sections(bool) []Section {
	return []Section{{Lines: [][]Cell{Text(fmt.Sprintf("%s deleted at revision %d", countedKeys(d.Deleted), d.Revision))}}}
}

// DeleteQuestion describes what a deletion by prefix deletes, for the question that asks the user to confirm it.
func DeleteQuestion(d report.DeletePlan) string {
	where := fmt.Sprintf("etcd cluster %s/%s", d.Namespace, d.Cluster)
	if len(d.RawKey()) == 0 {
		return fmt.Sprintf("This deletes every key of %s permanently: %s.", where, countedKeys(d.Count))
	}
	return fmt.Sprintf("This deletes %s with %q from %s permanently.", counted(int(d.Count), "key that begins", "keys that begin"), shownText(d.RawKey(), false), where)
}

// Sections implements Document.
func (d deletePlanDocument) Sections(wide bool) []Section {
	s := Section{Lines: [][]Cell{Text(fmt.Sprintf("%s would be deleted (dry run: nothing was changed)", countedKeys(d.Count)))}}
	for _, kv := range d.FirstKeys {
		s.Lines = append(s.Lines, Text("  "+shownText(kv.RawKey(), wide)))
	}
	if more := d.Count - int64(len(d.FirstKeys)); more > 0 {
		s.Lines = append(s.Lines, Text(fmt.Sprintf("  and %s more", count(int(more)))))
	}
	return []Section{s}
}

func countedKeys(n int64) string { return counted(int(n), "key", "keys") }
