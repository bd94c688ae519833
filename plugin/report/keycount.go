package report

import (
	"fmt"
	"strconv"
)

// KeyCount is how many keys there are: one or none of a name, or those that begin with a prefix.
type KeyCount struct {
	Head
	Revision    int64  `json:"revision"` // of the whole store, when the keys were counted
	Key         string `json:"key"`
	KeyEncoding string `json:"keyEncoding,omitempty"`
	Prefix      bool   `json:"prefix"`
	Count       int64  `json:"count"`

	rawKey []byte
}

// NewKeyCount returns the count of a key, or of the keys that begin with it.
func NewKeyCount(key []byte, prefix bool) KeyCount {
	k := KeyCount{Prefix: prefix, rawKey: key}
	k.Key, k.KeyEncoding = encode(key)
	return k
}

// Names implements Document.
func (k KeyCount) Names() []string { return []string{string(k.rawKey)} }

// Sections implements Document: the number alone, which a script reads.
func (k KeyCount) Sections(bool) []Section {
	return []Section{{Lines: [][]Cell{Text(strconv.FormatInt(k.Count, 10))}}}
}

// KeyVolume is how much of a list was read.
type KeyVolume struct {
	Keys  int
	Bytes int64
}

// Add counts the keys of a page.
func (v *KeyVolume) Add(items []KeyValue) {
	v.Keys += len(items)
	for _, kv := range items {
		v.Bytes += int64(len(kv.rawKey) + len(kv.rawValue))
	}
}

// String tells it for people: "12 keys (1.5 KiB)".
func (v KeyVolume) String() string {
	return fmt.Sprintf("%s (%s)", countedKeys(int64(v.Keys)), bytesText(v.Bytes))
}
