// Package history holds what a drill recorded: every operation of its probe, the events of a watch, and the stores of
// the members afterwards. A verdict is computed from a Record only, so it can be computed again from a file.
package history

import (
	"fmt"
	"slices"
	"time"
)

// Kind is the kind of an operation.
type Kind string

// The kinds. Registers are keys that are changed repeatedly, only by compare-and-swap on their revision.
const (
	Write          Kind = "write"        // of a key that no other operation writes
	CompareAndSwap Kind = "cas"          // of a register, to a value that no other operation writes
	Read           Kind = "read"         // of a register, linearizable
	LocalRead      Kind = "serializable" // of a register, serializable: from the member's own store
)

// Kinds returns all kinds in the order in which they are reported.
func Kinds() []Kind { return []Kind{Write, CompareAndSwap, Read, LocalRead} }

// Writes reports whether the kind changes the store.
func (k Kind) Writes() bool { return k == Write || k == CompareAndSwap }

// Class is the outcome of an operation, as far as it is known.
type Class int

// The classes. After an error, a request that was sent may or may not have been applied. A read without an answer has
// failed, because it changes nothing.
const (
	Acknowledged Class = iota
	Ambiguous
	Failed // certainly not applied
)

func classes() []string { return []string{"ok", "ambiguous", "failed"} }

// String returns the class as in a file.
func (c Class) String() string { return classes()[c] }

// MarshalText implements encoding.TextMarshaler.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Class) UnmarshalText(text []byte) error {
	for i, name := range classes() {
		if string(text) == name {
			*c = Class(i)
			return nil
		}
	}
	return fmt.Errorf("unknown class %q", text)
}

// Operation is one operation of the probe. Times count from the probe's start, by the monotonic clock.
type Operation struct {
	Kind   Kind   `json:"op"`
	Client int    `json:"client"`
	Member string `json:"member"` // to whose endpoint it was sent
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"` // the value to write
	From   int64  `json:"from,omitempty"`  // the revision that a swap expects; 0 means that the register does not exist

	Due      time.Duration `json:"due"` // when it was scheduled
	Called   time.Duration `json:"called"`
	Returned time.Duration `json:"returned"`

	Class    Class  `json:"class"`
	Swapped  bool   `json:"swapped,omitempty"`  // the swap was applied; otherwise an acknowledged swap observed Seen
	Seen     string `json:"seen,omitempty"`     // the value that a read, or a swap that was not applied, observed; "" means none
	Revision int64  `json:"revision,omitempty"` // of the value that was written or observed
	Error    string `json:"error,omitempty"`
	Cut      bool   `json:"cut,omitempty"` // the connection failed: no member answered
}

// Wrote reports whether the operation certainly wrote its value.
func (o Operation) Wrote() bool {
	return o.Class == Acknowledged && (o.Kind == Write || o.Kind == CompareAndSwap && o.Swapped)
}

// MayHaveWritten reports whether the operation may have written its value.
func (o Operation) MayHaveWritten() bool {
	return o.Wrote() || o.Class == Ambiguous && o.Kind.Writes()
}

// validate refuses operations that no probe records.
func (o Operation) validate() error {
	switch {
	case !slices.Contains(Kinds(), o.Kind):
		return fmt.Errorf("unknown operation %q", o.Kind)
	case o.Called < 0 || o.Returned > maxSpan:
		return fmt.Errorf("the %s of %q was at %s to %s", o.Kind, o.Key, o.Called, o.Returned)
	case o.Returned < o.Called:
		return fmt.Errorf("the %s of %q returned before it was called", o.Kind, o.Key)
	}
	return nil
}

// Event is a change that the watch delivered.
type Event struct {
	Key      string        `json:"key"`
	Value    string        `json:"value,omitempty"`
	Revision int64         `json:"revision"`
	Deleted  bool          `json:"deleted,omitempty"`
	At       time.Duration `json:"at"` // when it was received
}

// Value is the value of a key in a member's store.
type Value struct {
	Value    string `json:"value"`
	Revision int64  `json:"revision"`
}

// Store is what one member's own store has below the drill's prefix, or why it could not be read.
type Store struct {
	Keys  map[string]Value
	Error string
}
