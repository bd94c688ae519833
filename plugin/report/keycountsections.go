package report

import "strconv"

type keyCountDocument struct{ KeyCount }

// DrawKeyCount draws report.KeyCount.
func DrawKeyCount(k KeyCount) Document { return keyCountDocument{k} }

// Sections implements Document: the number alone, which a script reads.
func (k keyCountDocument) Sections(bool) []Section {
	return []Section{{Lines: [][]Cell{Text(strconv.FormatInt(k.Count, 10))}}}
}
