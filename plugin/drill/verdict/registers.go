package verdict

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
)

// What is known of the registers' history. Unknown is where the search did not end in time.
const (
	Linearizable = "ok"
	Illegal      = "illegal"
	Unknown      = "unknown"
)

const (
	// searchLimit bounds the search for an order of the registers' operations.
	searchLimit = 20 * time.Second
	// searchable bounds the operations of one register: the search remembers a bit for each at each of them.
	searchable = 20_000
)

// register is the state of one: its last value, and the revision of that. The zero value is one that does not exist.
type register struct {
	value    string
	revision int64
}

// linearizability searches for an order in which the operations on the registers can have taken effect, each between its
// call and its return. What shows on its face is named, and then no search is needed.
func linearizability(r *history.Record) (known string, reasons []string) {
	if reasons = anomalies(r); len(reasons) > 0 {
		return Illegal, append(reasons, "the history of the registers is not linearizable")
	}
	operations, largest := searched(r)
	switch {
	case len(operations) == 0:
		return Unknown, []string{"whether the registers' history is linearizable is unknown: no operation on them was answered"}
	case largest > searchable:
		return Unknown, []string{fmt.Sprintf("whether the registers' history is linearizable is unknown: a register has %d operations, and more than %d cannot be searched", largest, searchable)}
	}
	switch porcupine.CheckOperationsTimeout(model(), operations, searchLimit) {
	case porcupine.Ok:
		return Linearizable, nil
	case porcupine.Illegal:
		return Illegal, []string{"the history of the registers is not linearizable: there is no order in which their operations can have taken effect"}
	}
	return Unknown, []string{fmt.Sprintf("whether the registers' history is linearizable is unknown: the search did not end within %s", searchLimit)}
}

// searched returns the operations on registers as the search takes them, and how many the most used one has.
//
// A swap of which nobody knows whether it was done is either seen by somebody, and then it was, before the first who saw
// it returned; or by nobody. Then it can only be the last change of its register: any later one would have had to know
// its revision. So an order without it exists if one with it does, and it is left out.
//
// Of the answers that found a register at one revision two are enough: the one that was called last, before which the next
// change cannot have been, and the one that returned first, after which this one cannot have been. Any other fits where
// these do. Without that, many readers of a new value beside one slow reader of the old make the search take for ever.
func searched(r *history.Record) (list []porcupine.Operation, largest int) {
	seen, needed := sightings(r), decisive(r)
	perKey := map[string]int{}
	for i := range r.Operations {
		o := r.Operations[i]
		if o.Kind != history.Swap && o.Kind != history.Read || o.Class == history.Failed || found(&o) && !needed[i] {
			continue
		}
		returned := o.Returned
		if o.Class == history.Ambiguous {
			at, found := seen[change{o.Key, o.Value}]
			if !found {
				continue
			}
			o.Swapped, o.Revision, returned = true, at.revision, max(at.first, o.Called)
		}
		perKey[o.Key]++
		largest = max(largest, perKey[o.Key])
		list = append(list, porcupine.Operation{ClientId: o.Client, Input: o, Call: int64(o.Called), Return: int64(returned)})
	}
	return list, largest
}

// found reports whether an operation was answered with what a register is, and has not changed it.
func found(o *history.Operation) bool {
	return o.Class == history.Acknowledged && (o.Kind == history.Read || o.Kind == history.Swap && !o.Swapped)
}

// decisive returns the indices of those answers that are enough.
func decisive(r *history.Record) map[int]bool {
	type state struct {
		key, value string
		revision   int64
		refused    int64 // the revision that a swap asked for, which this must not be
	}
	last, first := map[state]int{}, map[state]int{}
	for i := range r.Operations {
		o := &r.Operations[i]
		if !found(o) {
			continue
		}
		s := state{o.Key, o.Seen, o.Revision, -1}
		if o.Kind == history.Swap && o.From == o.Revision { // it cannot be: let the search say so
			s.refused = o.From
		}
		if j, known := last[s]; !known || o.Called > r.Operations[j].Called {
			last[s] = i
		}
		if j, known := first[s]; !known || o.Returned < r.Operations[j].Returned {
			first[s] = i
		}
	}
	needed := map[int]bool{}
	for _, by := range []map[state]int{last, first} {
		for _, i := range by {
			needed[i] = true
		}
	}
	return needed
}

// change is a value of a key.
type change struct{ key, value string }

// sighting is when and at which revision a change was first seen.
type sighting struct {
	revision int64
	first    time.Duration
}

// sightings returns all changes that somebody saw: by the watch, by a read, by a swap that was not done, or at the end.
func sightings(r *history.Record) map[change]sighting {
	seen := map[change]sighting{}
	add := func(key, value string, revision int64, at time.Duration) {
		if before, found := seen[change{key, value}]; value != "" && (!found || at < before.first) {
			seen[change{key, value}] = sighting{revision, at}
		}
	}
	for _, e := range r.Events {
		add(e.Key, e.Value, e.Revision, e.At)
	}
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Class == history.Acknowledged && o.Kind != history.Write {
			add(o.Key, o.Seen, o.Revision, o.Returned)
		}
	}
	for _, store := range r.Stores {
		for key, v := range store.Keys {
			add(key, v.Value, v.Revision, math.MaxInt64)
		}
	}
	return seen
}

// model is a register per key, with etcd's revision of its last change.
func model() porcupine.Model {
	return porcupine.Model{
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			at := map[string]int{}
			var parts [][]porcupine.Operation
			for _, one := range all {
				key := operation(one.Input).Key
				i, found := at[key]
				if !found {
					i = len(parts)
					at[key], parts = i, append(parts, nil)
				}
				parts[i] = append(parts[i], one)
			}
			return parts
		},
		Init: func() any { return register{} },
		Step: func(state, input, _ any) (bool, any) {
			was, _ := state.(register)
			return step(was, operation(input))
		},
	}
}

func operation(input any) history.Operation {
	o, _ := input.(history.Operation)
	return o
}

// step reports whether an operation can take effect on a register, and what the register is then.
func step(was register, o history.Operation) (possible bool, is register) {
	switch {
	case o.Kind == history.Swap && o.Swapped:
		return was.revision == o.From && o.Revision > was.revision, register{o.Value, o.Revision}
	case o.Kind == history.Swap:
		return was == register{o.Seen, o.Revision} && was.revision != o.From, was
	}
	return was == register{o.Seen, o.Revision}, was
}
