package report

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// base64Encoding marks a key or a value that is no UTF-8 and stands in base64.
const base64Encoding = "base64"

// shownValue bounds a key and a value in a table, in characters: a table is to be read, and both together can have 1.5 MiB.
const shownValue = 100

// KeyValue is one key as etcd holds it. JSON has no bytes, so key and value are each text where they are UTF-8 and
// base64, marked as such, where they are not.
type KeyValue struct {
	Key            string  `json:"key"`
	KeyEncoding    string  `json:"keyEncoding,omitempty"`
	Value          *string `json:"value,omitempty"` // nil where only keys were asked for, or the key was deleted
	Encoding       string  `json:"encoding,omitempty"`
	CreateRevision int64   `json:"createRevision,omitempty"`
	ModRevision    int64   `json:"modRevision"`
	Version        int64   `json:"version,omitempty"`
	Lease          string  `json:"lease,omitempty"` // hex, as etcd prints it

	rawKey, rawValue []byte
}

// NewKey returns a KeyValue without a value.
func NewKey(key []byte) KeyValue {
	kv := KeyValue{rawKey: key}
	kv.Key, kv.KeyEncoding = encode(key)
	return kv
}

// WithValue returns a copy that has a value.
func (k KeyValue) WithValue(value []byte) KeyValue {
	text, encoding := encode(value)
	k.Value, k.Encoding, k.rawValue = &text, encoding, value
	return k
}

func encode(data []byte) (text, encoding string) {
	if utf8.Valid(data) {
		return string(data), ""
	}
	return base64.StdEncoding.EncodeToString(data), base64Encoding
}

// shown returns the key and the value for cells of a table. Whole is for -o wide, and for what is no terminal.
func (k KeyValue) shown(whole bool) (key, value string) {
	if key = string(k.rawKey); utf8.ValidString(key) { // of one that is no text only its escapes tell it from others
		key = shownText(k.rawKey, whole)
	}
	return key, shownText(k.rawValue, whole)
}

// shownText is for people: what they cannot read, or not at a glance, is told by its size.
func shownText(value []byte, whole bool) string {
	if !whole && !utf8.Valid(value) {
		return fmt.Sprintf("(binary, %s)", bytesText(int64(len(value))))
	}
	end := 0
	for range shownValue {
		_, size := utf8.DecodeRune(value[end:])
		end += size
	}
	if whole || end >= len(value) {
		return string(value)
	}
	return fmt.Sprintf("%s… (%s)", value[:end], bytesText(int64(len(value))))
}

// Key is one key, by itself.
type Key struct {
	Head
	Revision int64 `json:"revision"` // of the whole store, when the key was read
	KeyValue
}

// Names implements Document.
func (k Key) Names() []string { return []string{string(k.rawKey)} }

// Sections implements Document.
func (k Key) Sections(wide bool) []Section {
	return []Section{{Header: keyHeader(wide), Rows: [][]Cell{k.row(wide, false)}}}
}

func keyHeader(wide bool) []string {
	header := []string{"KEY", "VALUE", "REVISION"}
	if wide {
		header = append(header, "CREATED AT", "VERSION", "LEASE")
	}
	return header
}

func (k KeyValue) row(wide, raw bool) []Cell {
	key, value := k.shown(wide || raw)
	row := Text(key, value, strconv.FormatInt(k.ModRevision, 10))
	if wide {
		row = append(row, Text(strconv.FormatInt(k.CreateRevision, 10), strconv.FormatInt(k.Version, 10), orDash(k.Lease))...)
	}
	return row
}

// KeyListHead is what is known of a list of keys before its first key.
type KeyListHead struct {
	Head
	Revision int64 `json:"revision"` // every key of the list was read at it
}

// KeyListTail is what is known once the last key was read.
type KeyListTail struct {
	Count int64 `json:"count"` // keys in this list
	More  bool  `json:"more"`  // there are keys beyond the list
}

// KeyList is many keys. It is never held: a KeyPrinter writes the same document page by page.
type KeyList struct {
	KeyListHead
	Items []KeyValue `json:"items"`
	KeyListTail
}
