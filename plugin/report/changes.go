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
	return []Section{{Lines: [][]Cell{Text(fmt.Sprintf("%s deleted at revision %d", countedKeys(d.Deleted), d.Revision))}}}
}

func countedKeys(n int64) string { return counted(int(n), "key", "keys") }

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

// Question says what the deletion of keys that begin with the same destroys.
func (d DeletePlan) Question() string {
	where := fmt.Sprintf("etcd cluster %s/%s", d.Namespace, d.Cluster)
	if len(d.rawKey) == 0 {
		return fmt.Sprintf("This deletes every key of %s for good: %s.", where, countedKeys(d.Count))
	}
	return fmt.Sprintf("This deletes %s with %q from %s for good.", counted(int(d.Count), "key that begins", "keys that begin"), shownText(d.rawKey, false), where)
}

// Names implements Document.
func (d DeletePlan) Names() []string { return []string{string(d.rawKey)} }

// Sections implements Document.
func (d DeletePlan) Sections(wide bool) []Section {
	s := Section{Lines: [][]Cell{Text(fmt.Sprintf("%s would be deleted (dry run: nothing was changed)", countedKeys(d.Count)))}}
	for _, kv := range d.FirstKeys {
		s.Lines = append(s.Lines, Text("  "+shownText(kv.rawKey, wide)))
	}
	if more := d.Count - int64(len(d.FirstKeys)); more > 0 {
		s.Lines = append(s.Lines, Text(fmt.Sprintf("  and %s more", count(int(more)))))
	}
	return []Section{s}
}
