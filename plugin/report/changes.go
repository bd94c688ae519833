package report

import "time"

// Put says what a write of one key did.
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

// NewPut returns a Put of a key.
func NewPut(key []byte, size int) Put {
	p := Put{SizeBytes: size, rawKey: key}
	p.Key, p.KeyEncoding = encode(key)
	return p
}

// Expires adds the lease that the key goes with.
func (p Put) Expires(lease string, ttl time.Duration) Put {
	p.Lease, p.TTL, p.TTLSeconds = lease, ttl.String(), ttl.Seconds()
	return p
}

// Names returns what -o name prints.
func (p Put) Names() []string { return []string{string(p.rawKey)} }

// Delete says what a removal of keys did.
type Delete struct {
	Head
	Key         string `json:"key"`
	KeyEncoding string `json:"keyEncoding,omitempty"`
	Prefix      bool   `json:"prefix"`
	Deleted     int64  `json:"deleted"`
	Revision    int64  `json:"revision"`

	rawKey []byte
}

// NewDelete returns a Delete of a key, or of the keys that begin with it.
func NewDelete(key []byte, prefix bool) Delete {
	d := Delete{Prefix: prefix, rawKey: key}
	d.Key, d.KeyEncoding = encode(key)
	return d
}

// Names returns what -o name prints.
func (d Delete) Names() []string { return []string{string(d.rawKey)} }

// DeletePlan says what a removal of keys would do.
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

// NewDeletePlan returns the plan to delete a key, or the keys that begin with it.
func NewDeletePlan(key []byte, prefix bool) DeletePlan {
	d := DeletePlan{Prefix: prefix, FirstKeys: []KeyValue{}, rawKey: key}
	d.Key, d.KeyEncoding = encode(key)
	return d
}

// Nothing returns the report of a deletion of no key, which a plan for none comes to.
func (d DeletePlan) Nothing(head Head) Delete {
	none := NewDelete(d.rawKey, d.Prefix)
	none.Head, none.Revision = head, d.Revision
	return none
}

// Names returns what -o name prints.
func (d DeletePlan) Names() []string { return []string{string(d.rawKey)} }

// RawKey returns the key byte by byte.
func (p Put) RawKey() []byte { return p.rawKey }

// RawKey returns the key, or what the keys begin with, byte by byte.
func (d DeletePlan) RawKey() []byte { return d.rawKey }
