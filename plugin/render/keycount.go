package render

import (
	"strconv"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type keyCountDocument struct{ report.KeyCount }

// KeyCount draws report.KeyCount.
func KeyCount(k report.KeyCount) Document { return keyCountDocument{k} }

// Sections implements Document: only the number, for scripts.
func (k keyCountDocument) Sections(bool) []Section {
	return []Section{{Lines: [][]Cell{Text(strconv.FormatInt(k.Count, 10))}}}
}
