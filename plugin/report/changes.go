package report

import (
	"fmt"
	"time"
)

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

// Names implements Document.
func (p Put) Names() []string { return []string{string(p.rawKey)} }

// Sections implements Document.
func (p Put) Sections(bool) []Section {
	text := fmt.Sprintf("%s written at revision %d (%s", p.rawKey, p.Revision, bytesText(int64(p.SizeBytes)))
	if p.TTL != "" {
		text += ", expires in " + p.TTL
	}
	return []Section{{Lines: [][]Cell{Text(text + ")")}}}
}

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

// Names implements Document.
func (d Delete) Names() []string { return []string{string(d.rawKey)} }

// Sections implements Document.
func (d Delete) Sections(bool) []Section {
	what := fmt.Sprintf("%d keys", d.Deleted)
	if d.Deleted == 1 {
		what = "1 key"
	}
	return []Section{{Lines: [][]Cell{Text(fmt.Sprintf("%s deleted at revision %d", what, d.Revision))}}}
}
