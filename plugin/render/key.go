package render

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/human"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type keyDocument struct{ report.Key }

// Key draws report.Key.
func Key(k report.Key) Document { return keyDocument{k} }

// maxShownRunes is the number of characters of a key or value that a table shows: key and value can have 1.5 MiB together.
const maxShownRunes = 100

// keyCells returns the key and the value for cells of a table; whole is for -o wide, and for output to no terminal.
func keyCells(k report.KeyValue, whole bool) (key, value string) {
	if key = string(k.RawKey()); utf8.ValidString(key) { // a binary key is shown in full: its escapes distinguish it
		key = shownText(k.RawKey(), whole)
	}
	return key, shownText(k.RawValue(), whole)
}

// shownText returns a text for a table: unless whole is set, a long one is truncated, and a binary one is replaced by its
// size.
func shownText(value []byte, whole bool) string {
	if !whole && !utf8.Valid(value) {
		return fmt.Sprintf("(binary, %s)", human.Bytes(int64(len(value))))
	}
	end := 0
	for range maxShownRunes {
		_, size := utf8.DecodeRune(value[end:])
		end += size
	}
	if whole || end >= len(value) {
		return string(value)
	}
	return fmt.Sprintf("%s… (%s)", value[:end], human.Bytes(int64(len(value))))
}

// Sections implements Document.
func (k keyDocument) Sections(wide bool) []Section {
	return []Section{{Header: keyHeader(wide), Rows: [][]Cell{keyRow(k.KeyValue, wide, false)}}}
}

func keyHeader(wide bool) []string {
	header := []string{"KEY", "VALUE", "REVISION"}
	if wide {
		header = append(header, "CREATED AT", "VERSION", "LEASE")
	}
	return header
}

func keyRow(k report.KeyValue, wide, raw bool) []Cell {
	key, value := keyCells(k, wide || raw)
	row := Text(key, value, strconv.FormatInt(k.ModRevision, 10))
	if wide {
		row = append(row, Text(strconv.FormatInt(k.CreateRevision, 10), strconv.FormatInt(k.Version, 10), orDash(k.Lease))...)
	}
	return row
}
