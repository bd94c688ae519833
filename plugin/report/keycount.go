package report

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

// Names returns what -o name prints.
func (k KeyCount) Names() []string { return []string{string(k.rawKey)} }
