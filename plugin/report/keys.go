package report

import (
	"encoding/base64"
	"unicode/utf8"
)

// base64Encoding marks a key or a value that is no UTF-8 and stands in base64.
const base64Encoding = "base64"

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

// Key is one key, by itself.
type Key struct {
	Head
	Revision int64 `json:"revision"` // of the whole store, when the key was read
	KeyValue
}

// Names returns what -o name prints.
func (k Key) Names() []string { return []string{string(k.rawKey)} }

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

// RawKey returns the key byte by byte.
func (k KeyValue) RawKey() []byte { return k.rawKey }

// RawValue returns the value byte by byte.
func (k KeyValue) RawValue() []byte { return k.rawValue }
