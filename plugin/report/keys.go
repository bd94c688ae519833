package report

import (
	"encoding/base64"
	"unicode/utf8"
)

// base64Encoding marks a key or value that is not UTF-8 and is given in base64.
const base64Encoding = "base64"

// KeyValue is one key as etcd stores it. JSON has no type for bytes: Key and Value are text if they are UTF-8; otherwise
// they are base64, and KeyEncoding or Encoding says so.
type KeyValue struct {
	Key            string  `json:"key"`
	KeyEncoding    string  `json:"keyEncoding,omitempty"`
	Value          *string `json:"value,omitempty"` // nil if only keys were requested, or the key was deleted
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

// Key is the report of one key.
type Key struct {
	Head
	Revision int64 `json:"revision"` // of the whole store, when the key was read
	KeyValue
}

// Names returns what -o name prints.
func (k Key) Names() []string { return []string{string(k.rawKey)} }

// KeyListHead are the fields of a KeyList that are known before its first key.
type KeyListHead struct {
	Head
	Revision int64 `json:"revision"` // at which every key of the list was read
}

// KeyListTail are the fields of a KeyList that are known after its last key.
type KeyListTail struct {
	Count int64 `json:"count"` // keys in this list
	More  bool  `json:"more"`  // further keys match and are not in the list
}

// KeyList is a list of keys. It is not built in memory as a whole: render.KeyPrinter writes this document page by page.
type KeyList struct {
	KeyListHead
	Items []KeyValue `json:"items"`
	KeyListTail
}

// RawKey returns the key's bytes.
func (k KeyValue) RawKey() []byte { return k.rawKey }

// RawValue returns the value's bytes.
func (k KeyValue) RawValue() []byte { return k.rawValue }
