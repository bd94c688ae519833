package report

import "time"

// Put is the result of writing one key.
type Put struct {
	Head
	Key         string  `json:"key"`
	KeyEncoding string  `json:"keyEncoding,omitempty"`
	Revision    int64   `json:"revision"`
	SizeBytes   int     `json:"sizeBytes"` // of the value
	Lease       string  `json:"lease,omitempty"`
	TTL         string  `json:"ttl,omitempty"` // as the cluster granted it
	TTLSeconds  float64 `json:"ttlSeconds,omitempty"`

	rawKey []byte
}

// NewPut returns a Put of a key; size is that of the value, in bytes.
func NewPut(key []byte, size int) Put {
	p := Put{SizeBytes: size, rawKey: key}
	p.Key, p.KeyEncoding = encode(key)
	return p
}

// Expires returns a copy with the lease that the key is attached to.
func (p Put) Expires(lease string, ttl time.Duration) Put {
	p.Lease, p.TTL, p.TTLSeconds = lease, ttl.String(), ttl.Seconds()
	return p
}

// Names returns what -o name prints.
func (p Put) Names() []string { return []string{string(p.rawKey)} }

// Delete is the result of deleting keys.
type Delete struct {
	Head
	Key         string `json:"key"`
	KeyEncoding string `json:"keyEncoding,omitempty"`
	Prefix      bool   `json:"prefix"`
	Deleted     int64  `json:"deleted"`
	Revision    int64  `json:"revision"`

	rawKey []byte
}

// NewDelete returns a Delete of a key, or with prefix of all keys that begin with it.
func NewDelete(key []byte, prefix bool) Delete {
	d := Delete{Prefix: prefix, rawKey: key}
	d.Key, d.KeyEncoding = encode(key)
	return d
}

// Names returns what -o name prints.
func (d Delete) Names() []string { return []string{string(d.rawKey)} }

// DeletePlan is what a deletion of keys would delete.
type DeletePlan struct {
	Head
	Key         string     `json:"key"`
	KeyEncoding string     `json:"keyEncoding,omitempty"`
	Prefix      bool       `json:"prefix"`
	Count       int64      `json:"count"`     // keys that would be deleted
	FirstKeys   []KeyValue `json:"firstKeys"` // the first of them, without their values
	Revision    int64      `json:"revision"`  // of the whole store, when the keys were counted

	rawKey []byte
}

// NewDeletePlan returns the plan to delete a key, or with prefix all keys that begin with it.
func NewDeletePlan(key []byte, prefix bool) DeletePlan {
	d := DeletePlan{Prefix: prefix, FirstKeys: []KeyValue{}, rawKey: key}
	d.Key, d.KeyEncoding = encode(key)
	return d
}

// Nothing returns the Delete to report if the plan matches no key.
func (d DeletePlan) Nothing(head Head) Delete {
	none := NewDelete(d.rawKey, d.Prefix)
	none.Head, none.Revision = head, d.Revision
	return none
}

// Names returns what -o name prints.
func (d DeletePlan) Names() []string { return []string{string(d.rawKey)} }

// RawKey returns the key's bytes.
func (p Put) RawKey() []byte { return p.rawKey }

// RawKey returns the bytes of the key or prefix.
func (d DeletePlan) RawKey() []byte { return d.rawKey }
