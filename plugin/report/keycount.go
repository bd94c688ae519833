package report

// KeyCount is the number of keys that match: 0 or 1 for a key, any number for a prefix.
type KeyCount struct {
	Head
	Revision    int64  `json:"revision"` // of the whole store, when the keys were counted
	Key         string `json:"key"`
	KeyEncoding string `json:"keyEncoding,omitempty"`
	Prefix      bool   `json:"prefix"`
	Count       int64  `json:"count"`

	rawKey []byte
}

// NewKeyCount returns a KeyCount of a key, or with prefix of all keys that begin with it. The caller sets Count.
func NewKeyCount(key []byte, prefix bool) KeyCount {
	k := KeyCount{Prefix: prefix, rawKey: key}
	k.Key, k.KeyEncoding = encode(key)
	return k
}

// Names returns what -o name prints.
func (k KeyCount) Names() []string { return []string{string(k.rawKey)} }
