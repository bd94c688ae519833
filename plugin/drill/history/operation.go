// Package history holds what a drill recorded: every operation of its probe, what a watch told, and what was found on the
// members afterwards. A verdict is computed from a Record and from nothing else, now or later from a file.
package history

import (
	"fmt"
	"slices"
	"time"
)

// Kind is what an operation asks of etcd.
type Kind string

// The kinds. Registers are keys that are changed again and again, by compare-and-swap on their revision alone.
const (
	Write     Kind = "write"        // of a key that nothing else ever writes
	Swap      Kind = "cas"          // of a register, to a value that nothing else ever writes
	Read      Kind = "read"         // of a register, linearizable
	LocalRead Kind = "serializable" // of a register, from the member's own store
)

// Kinds are all of them, in the order in which they are reported.
func Kinds() []Kind { return []Kind{Write, Swap, Read, LocalRead} }

// Writes reports whether the kind changes what etcd holds.
func (k Kind) Writes() bool { return k == Write || k == Swap }

// Class is what is known of an operation's fate.
type Class int

// The classes. An error after a request was sent tells nothing about whether it was applied; a read that brought no answer
// has failed, because nothing hangs on it.
const (
	Acknowledged Class = iota
	Ambiguous
	Failed // certainly not applied
)

func classes() []string { return []string{"ok", "ambiguous", "failed"} }

// String returns the class as it is written into a file.
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

// Operation is one operation of the probe. Times count from its start, by the monotonic clock.
type Operation struct {
	Kind   Kind   `json:"op"`
	Client int    `json:"client"`
	Member string `json:"member"` // whose endpoint it was sent to
	Key    string `json:"key"`
	Value  string `json:"value,omitempty"` // that a write or a swap is to leave
	From   int64  `json:"from,omitempty"`  // the revision that a swap asks for; 0 is a register that does not exist

	Due      time.Duration `json:"due"` // when the rate wanted it to be sent
	Called   time.Duration `json:"called"`
	Returned time.Duration `json:"returned"`

	Class    Class  `json:"class"`
	Swapped  bool   `json:"swapped,omitempty"`  // the swap was done; else an acknowledged one saw what stands below
	Seen     string `json:"seen,omitempty"`     // what a read, or a swap that was not done, found; "" is nothing
	Revision int64  `json:"revision,omitempty"` // of what was written, or of what was seen
	Error    string `json:"error,omitempty"`
	Cut      bool   `json:"cut,omitempty"` // the connection failed, and not etcd: no answer of a member came
}

// Wrote reports whether the operation certainly left its value.
func (o Operation) Wrote() bool {
	return o.Class == Acknowledged && (o.Kind == Write || o.Kind == Swap && o.Swapped)
}

// MayHaveWritten reports whether the operation can have left its value.
func (o Operation) MayHaveWritten() bool {
	return o.Wrote() || o.Class == Ambiguous && o.Kind.Writes()
}

// validate refuses what no probe records.
func (o Operation) validate() error {
	switch {
	case !slices.Contains(Kinds(), o.Kind):
		return fmt.Errorf("unknown operation %q", o.Kind)
	case o.Called < 0 || o.Returned > longest:
		return fmt.Errorf("the %s of %q was at %s to %s", o.Kind, o.Key, o.Called, o.Returned)
	case o.Returned < o.Called:
		return fmt.Errorf("the %s of %q returned before it was called", o.Kind, o.Key)
	}
	return nil
}

// Event is a change that the watch told.
type Event struct {
	Key      string        `json:"key"`
	Value    string        `json:"value,omitempty"`
	Revision int64         `json:"revision"`
	Deleted  bool          `json:"deleted,omitempty"`
	At       time.Duration `json:"at"` // when it came
}

// Value is what a member holds under a key.
type Value struct {
	Value    string `json:"value"`
	Revision int64  `json:"revision"`
}

// Store is what one member has in its own store below the drill's prefix, or why that could not be read.
type Store struct {
	Keys  map[string]Value
	Error string
}
