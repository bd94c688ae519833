package verdict

import (
	"fmt"
	"math"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
)

// The result for the registers' history. Unknown means that the search did not finish, or was not possible.
const (
	Linearizable = "ok"
	Illegal      = "illegal"
	Unknown      = "unknown"
)

const (
	// searchLimit limits the search for a linearization.
	searchLimit = 20 * time.Second
	// maxOperations limits the operations on one register: the search keeps a bit for each of them at each of them.
	maxOperations = 20_000
)

// register is the state of a register: its last value and that value's revision. The zero value is a register that does
// not exist.
type register struct {
	value    string
	revision int64
}

// linearizability searches for a linearization: an order in which the operations on the registers can have taken
// effect, each between its call and its return. If there are anomalies no search is needed.
func linearizability(r *history.Record) (known string, reasons []string) {
	if reasons = anomalies(r); len(reasons) > 0 {
		return Illegal, append(reasons, "the history of the registers is not linearizable")
	}
	operations, largest := searchInput(r)
	switch {
	case len(operations) == 0:
		return Unknown, []string{"it is unknown whether the history of the registers is linearizable: no operation on them was answered"}
	case largest > maxOperations:
		return Unknown, []string{fmt.Sprintf("it is unknown whether the history of the registers is linearizable: a register has %d operations, and at most %d can be searched", largest, maxOperations)}
	}
	switch porcupine.CheckOperationsTimeout(model(), operations, searchLimit) {
	case porcupine.Ok:
		return Linearizable, nil
	case porcupine.Illegal:
		return Illegal, []string{"the history of the registers is not linearizable: no order of their operations explains the results"}
	}
	return Unknown, []string{fmt.Sprintf("it is unknown whether the history of the registers is linearizable: the search did not end within %s", searchLimit)}
}

// searchInput returns the operations on registers as input of the search, and the number of those on the most used
// register.
//
// An ambiguous swap that was observed was applied, before the first operation that observed it returned. One that was
// never observed can only be the last change of its register: any later swap would have had to know its revision. So if
// an order with it exists, one without it does too, and it is left out.
//
// Of the answers that observed a register at one revision, two are enough: the one called last, before which the next
// change cannot have happened, and the one that returned first, after which this change cannot have happened. Any other
// fits where these do. Otherwise many readers of a new value next to one slow reader of the old value would make the
// search take forever.
func searchInput(r *history.Record) (list []porcupine.Operation, largest int) {
	seen, needed := observations(r), decisive(r)
	perKey := map[string]int{}
	for i := range r.Operations {
		o := r.Operations[i]
		if o.Kind != history.CompareAndSwap && o.Kind != history.Read || o.Class == history.Failed || readsRegister(&o) && !needed[i] {
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

// readsRegister reports whether an operation was answered with a register's state, and did not change it.
func readsRegister(o *history.Operation) bool {
	return o.Class == history.Acknowledged && (o.Kind == history.Read || o.Kind == history.CompareAndSwap && !o.Swapped)
}

// decisive returns the indices of the answers that are enough for the search.
func decisive(r *history.Record) map[int]bool {
	type state struct {
		key, value string
		revision   int64
		refused    int64 // the revision that a refused swap expected, which the register must not have; otherwise -1
	}
	last, first := map[state]int{}, map[state]int{}
	for i := range r.Operations {
		o := &r.Operations[i]
		if !readsRegister(o) {
			continue
		}
		s := state{o.Key, o.Seen, o.Revision, -1}
		if o.Kind == history.CompareAndSwap && o.From == o.Revision { // impossible: the search must reject it
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

// change is a value written to a key.
type change struct{ key, value string }

// observation is when and at which revision a change was first observed.
type observation struct {
	revision int64
	first    time.Duration
}

// observations returns all changes that were observed: by the watch, by a read, by a refused swap, or in a store at the
// end.
func observations(r *history.Record) map[change]observation {
	seen := map[change]observation{}
	add := func(key, value string, revision int64, at time.Duration) {
		if before, found := seen[change{key, value}]; value != "" && (!found || at < before.first) {
			seen[change{key, value}] = observation{revision, at}
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

// model is porcupine's model: one register per key, with etcd's revision of its last change.
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

// step reports whether an operation can take effect on a register, and returns the register after it.
func step(was register, o history.Operation) (possible bool, is register) {
	switch {
	case o.Kind == history.CompareAndSwap && o.Swapped:
		return was.revision == o.From && o.Revision > was.revision, register{o.Value, o.Revision}
	case o.Kind == history.CompareAndSwap:
		return was == register{o.Seen, o.Revision} && was.revision != o.From, was
	}
	return was == register{o.Seen, o.Revision}, was
}
