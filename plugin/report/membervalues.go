package report

import (
	"fmt"
	"strings"
)

// MemberValue is one key in one member's own store.
type MemberValue struct {
	Member      string  `json:"member"`
	Found       bool    `json:"found"`
	Value       *string `json:"value,omitempty"`
	Encoding    string  `json:"encoding,omitempty"`
	ModRevision int64   `json:"modRevision,omitempty"`
	Revision    int64   `json:"revision"` // of the member's store
	Error       string  `json:"error,omitempty"`

	raw []byte
}

// Holds returns a copy with the key's value: the member has the key.
func (m MemberValue) Holds(kv KeyValue) MemberValue {
	m.Found, m.Value, m.Encoding, m.ModRevision, m.raw = true, kv.Value, kv.Encoding, kv.ModRevision, kv.rawValue
	return m
}

// MemberValues is one key in the store of every member.
type MemberValues struct {
	Head
	Key         string        `json:"key"`
	KeyEncoding string        `json:"keyEncoding,omitempty"`
	Equal       bool          `json:"equal"` // every member answered with the same value and mod revision
	Members     []MemberValue `json:"members"`

	rawKey []byte
}

// NewMemberValues returns the report of a key, and compares the members' values.
func NewMemberValues(key []byte, members []MemberValue) MemberValues {
	v := MemberValues{Equal: len(members) > 0, Members: members, rawKey: key}
	v.Key, v.KeyEncoding = encode(key)
	for _, m := range members {
		first := members[0]
		same := m.Found && m.Error == "" && m.ModRevision == first.ModRevision && string(m.raw) == string(first.raw)
		v.Equal = v.Equal && same
	}
	return v
}

// MissingOnAll reports whether all members answered and none of them has the key.
func (v MemberValues) MissingOnAll() bool {
	for _, m := range v.Members {
		if m.Found || m.Error != "" {
			return false
		}
	}
	return len(v.Members) > 0
}

// Problem returns why the members are not equal, or "".
func (v MemberValues) Problem() string {
	var silent, missing []string
	for _, m := range v.Members {
		switch {
		case m.Error != "":
			silent = append(silent, m.Member)
		case !m.Found:
			missing = append(missing, m.Member)
		}
	}
	switch {
	case v.Equal:
		return ""
	case len(silent) > 0:
		return fmt.Sprintf("no answer from %s", strings.Join(silent, ", "))
	case len(missing) > 0:
		return fmt.Sprintf("key %q is missing on %s", v.Key, strings.Join(missing, ", "))
	}
	return fmt.Sprintf("key %q differs between the members", v.Key)
}

// Names returns what -o name prints: the members that have the key.
func (v MemberValues) Names() []string {
	var names []string
	for _, m := range v.Members {
		if m.Found {
			names = append(names, "pod/"+m.Member)
		}
	}
	return names
}

// Raw returns the value's bytes.
func (m MemberValue) Raw() []byte { return m.raw }
