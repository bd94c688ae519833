package verdict

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
)

// TestSlowReader: many clients read a new value while one still gets the old one. That is linearizable, and the search
// must find it.
func TestSlowReader(t *testing.T) {
	r := &history.Record{Span: time.Second, Operations: []history.Operation{
		{Kind: history.CompareAndSwap, Key: "r", Value: "1", Swapped: true, Revision: 2, Called: 1, Returned: 2},
		{Kind: history.Read, Key: "r", Seen: "1", Revision: 2, Called: 10, Returned: 9000},
		{Kind: history.CompareAndSwap, Key: "r", Value: "2", From: 2, Swapped: true, Revision: 3, Called: 20, Returned: 8000},
	}}
	for i := range 200 {
		r.Operations = append(r.Operations, history.Operation{
			Kind: history.Read, Key: "r", Seen: "2", Revision: 3, Called: time.Duration(100 + i), Returned: time.Duration(8100 + i),
		})
	}
	if known, reasons := linearizability(r); known != Linearizable {
		t.Errorf("%s: %q", known, reasons)
	}
}

// Operations on registers. Times are in nanoseconds.
func swap(key, value string, from, revision int64, called, returned time.Duration) history.Operation {
	return history.Operation{Kind: history.CompareAndSwap, Key: key, Value: value, From: from, Swapped: true, Revision: revision, Called: called, Returned: returned}
}

func read(key, seen string, revision int64, called, returned time.Duration) history.Operation {
	return history.Operation{Kind: history.Read, Key: key, Seen: seen, Revision: revision, Called: called, Returned: returned}
}

// refused returns a swap that was answered with the register's state instead.
func refused(key, seen string, from, revision int64, called, returned time.Duration) history.Operation {
	o := read(key, seen, revision, called, returned)
	o.Kind, o.From, o.Value = history.CompareAndSwap, from, "refused"
	return o
}

func TestLinearizability(t *testing.T) {
	const (
		noOrder   = "the history of the registers is not linearizable: no order of their operations explains the results"
		unknown   = "it is unknown whether the history of the registers is linearizable: "
		noAnswers = unknown + "no operation on them was answered"
	)
	ambiguous := func(o history.Operation) history.Operation {
		o = of(history.Ambiguous, o)
		o.Revision = 0
		return o
	}
	for _, tc := range []struct {
		name       string
		operations []history.Operation
		events     []history.Event
		known      string
		want       []string
	}{
		{"nothing", nil, nil, Unknown, []string{noAnswers}},
		{"only failures, and a write", []history.Operation{
			of(history.Failed, swap("r", "1", 0, 0, 1, 2)), of(history.Failed, read("r", "", 0, 1, 2)), {Kind: history.Write, Key: "w", Value: "1", Revision: 2},
		}, nil, Unknown, []string{noAnswers}},
		{"a register that does not exist", []history.Operation{read("r", "", 0, 1, 2)}, nil, Linearizable, nil},
		{"a swap, and a read after it", []history.Operation{swap("r", "1", 0, 5, 1, 2), read("r", "1", 5, 3, 4)}, nil, Linearizable, nil},
		{"a read of nothing beside a swap", []history.Operation{swap("r", "1", 0, 5, 1, 9), read("r", "", 0, 3, 4)}, nil, Linearizable, nil},
		{"a read of nothing after a swap that was read", []history.Operation{swap("r", "1", 0, 5, 1, 9), read("r", "1", 5, 2, 3), read("r", "", 0, 4, 5)}, nil, Illegal, []string{
			"1 linearizable reads were stale: read of r had revision 0 at 0s on , but a client had seen revision 5 at 0s", "the history of the registers is not linearizable",
		}},
		{"a swap that took effect twice", []history.Operation{swap("r", "1", 0, 5, 1, 2), swap("r", "2", 5, 6, 3, 4), swap("r", "3", 4, 7, 5, 6)}, nil, Illegal, []string{noOrder}},
		{"a swap from a revision that was not there yet", []history.Operation{swap("r", "1", 6, 5, 1, 2)}, nil, Illegal, []string{noOrder}},
		{"a swap that did not raise the revision", []history.Operation{swap("r", "1", 0, 5, 1, 2), swap("r", "2", 5, 5, 3, 4)}, nil, Illegal, []string{noOrder}},
		{"a refused swap that observed another's", []history.Operation{swap("r", "1", 0, 5, 1, 2), refused("r", "1", 0, 5, 3, 4)}, nil, Linearizable, nil},
		{"a refused swap that expected the stored revision", []history.Operation{swap("r", "1", 0, 5, 1, 2), refused("r", "1", 5, 5, 3, 4)}, nil, Illegal, []string{noOrder}},
		{"a refused swap that expected the stored revision, between two others that did not", []history.Operation{
			swap("r", "1", 0, 5, 1, 2), refused("r", "1", 0, 5, 3, 4), refused("r", "1", 5, 5, 5, 6), refused("r", "1", 0, 5, 7, 8),
		}, nil, Illegal, []string{noOrder}},
		{"independent registers", []history.Operation{
			swap("r", "1", 0, 5, 1, 2), swap("s", "2", 0, 6, 3, 4), swap("r", "3", 5, 7, 5, 6), swap("s", "4", 6, 8, 7, 8), read("r", "3", 7, 9, 10),
		}, nil, Linearizable, nil},
		{"an ambiguous swap that was not observed", []history.Operation{ambiguous(swap("r", "1", 0, 0, 1, 2)), read("r", "", 0, 3, 4)}, nil, Linearizable, nil},
		{"an ambiguous swap that a read observed", []history.Operation{ambiguous(swap("r", "1", 0, 0, 1, 9)), read("r", "1", 5, 3, 4)}, nil, Linearizable, nil},
		{"an ambiguous swap that was observed after it returned", []history.Operation{ambiguous(swap("r", "1", 0, 0, 1, 2)), read("r", "", 0, 3, 4), read("r", "1", 5, 5, 6)}, nil, Linearizable, nil},
		{
			"an ambiguous swap that the watch delivered, too late for a read",
			[]history.Operation{ambiguous(swap("r", "1", 0, 0, 1, 20)), read("r", "", 0, 10, 11)},
			[]history.Event{{Key: "r", Value: "1", Revision: 5, At: 5}},
			Illegal,
			[]string{noOrder},
		},
		{
			"an ambiguous swap that the watch delivered before it returned",
			[]history.Operation{ambiguous(swap("r", "1", 0, 0, 8, 20)), read("r", "", 0, 10, 11)},
			[]history.Event{{Key: "r", Value: "1", Revision: 5, At: 30}, {Key: "r", Value: "1", Revision: 5, At: 12}},
			Linearizable, nil,
		},
		{"interleaved swaps and reads", []history.Operation{
			swap("r", "1", 0, 5, 1, 10), swap("r", "2", 5, 6, 2, 9), read("r", "1", 5, 1, 3), read("r", "2", 6, 4, 5), read("r", "1", 5, 4, 8),
		}, nil, Linearizable, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &history.Record{Span: time.Second, Operations: tc.operations, Events: tc.events}
			known, reasons := linearizability(r)
			if diff := cmp.Diff(tc.want, reasons); known != tc.known || diff != "" {
				t.Errorf("%s, want %s; -want +got:\n%s", known, tc.known, diff)
			}
		})
	}
}

// TestSearchable: the result for a register with too many operations for a search is unknown. Other registers do not
// count.
func TestSearchable(t *testing.T) {
	r := &history.Record{Operations: []history.Operation{swap("s", "1", 0, 1, 1, 2)}}
	for i := range time.Duration(maxOperations + 1) {
		r.Operations = append(r.Operations, swap("r", fmt.Sprint(i), int64(i), int64(i)+1, 2*i, 2*i+1))
	}
	known, reasons := linearizability(r)
	want := []string{"it is unknown whether the history of the registers is linearizable: a register has 20001 operations, and at most 20000 can be searched"}
	if diff := cmp.Diff(want, reasons); known != Unknown || diff != "" {
		t.Errorf("%s: -want +got:\n%s", known, diff)
	}
}

// TestSearched: which operations the search gets, and when an ambiguous swap counts as returned.
func TestSearched(t *testing.T) {
	for _, tc := range []struct {
		name    string
		record  history.Record
		want    []string
		largest int
	}{
		{"of equal reads, the one called last and the one returned first", history.Record{Operations: []history.Operation{
			read("r", "", 0, 1, 9), read("r", "", 0, 2, 3), read("r", "", 0, 2, 4), read("r", "", 0, 5, 8), read("r", "", 0, 4, 8), read("s", "", 0, 1, 9),
		}}, []string{"read r 2-3", "read r 5-8", "read s 1-9"}, 2},
		{"of equals, the first", history.Record{Operations: []history.Operation{read("r", "", 0, 2, 3), read("r", "", 0, 2, 3)}}, []string{"read r 2-3"}, 1},
		{"a serializable read does not replace a linearizable one", history.Record{Operations: []history.Operation{
			read("r", "", 0, 2, 3), {Kind: history.LocalRead, Key: "r", Called: 4, Returned: 5}, {Kind: history.LocalRead, Key: "r", Called: 1, Returned: 2},
		}}, []string{"read r 2-3"}, 1},
		{"of swaps refused with the same state, whatever they expected", history.Record{Operations: []history.Operation{
			refused("r", "1", 1, 5, 1, 9), refused("r", "1", 2, 5, 2, 3), refused("r", "1", 3, 5, 5, 8), refused("r", "1", 4, 5, 4, 8),
		}}, []string{"cas r 2-3", "cas r 5-8"}, 2},
		{"of swaps that expected the stored revision, one more", history.Record{Operations: []history.Operation{
			refused("r", "1", 1, 5, 1, 3), refused("r", "1", 5, 5, 4, 5), refused("r", "1", 1, 5, 6, 9),
		}}, []string{"cas r 1-3", "cas r 4-5", "cas r 6-9"}, 3},
		{"no writes, no failures, no serializable reads", history.Record{Operations: []history.Operation{
			{Kind: history.Write, Key: "w"}, {Kind: history.LocalRead, Key: "r"}, of(history.Failed, swap("r", "1", 0, 0, 1, 2)), swap("r", "2", 0, 5, 3, 4),
		}}, []string{"cas r 3-4"}, 1},
		{"an ambiguous swap until it was first observed", history.Record{
			Operations: []history.Operation{of(history.Ambiguous, swap("r", "1", 0, 0, 1, 20)), read("r", "1", 5, 2, 7), read("r", "1", 5, 3, 6)},
			Events:     []history.Event{{Key: "r", Value: "1", Revision: 5, At: 9}},
		}, []string{"cas r 1-6", "read r 3-6"}, 2},
		{"an ambiguous swap that was observed again later", history.Record{
			Operations: []history.Operation{of(history.Ambiguous, swap("r", "1", 0, 0, 1, 20)), read("r", "1", 5, 2, 7), {Kind: history.LocalRead, Key: "r", Seen: "1", Revision: 5, Returned: 8}},
		}, []string{"cas r 1-7", "read r 2-7"}, 2},
		{"an ambiguous swap that was only in a store at the end", history.Record{
			Operations: []history.Operation{of(history.Ambiguous, swap("r", "1", 0, 0, 1, 20))},
			Stores:     map[string]history.Store{"etcd-0": {Keys: map[string]history.Value{"r": {Value: "1", Revision: 5}}}},
		}, []string{"cas r 1-9223372036854775807"}, 1},
		{"an ambiguous swap that the watch delivered before the call", history.Record{
			Operations: []history.Operation{of(history.Ambiguous, swap("r", "1", 0, 0, 3, 20))},
			Events:     []history.Event{{Key: "r", Value: "1", Revision: 5, At: 2}},
		}, []string{"cas r 3-3"}, 1},
		{"an ambiguous swap that a serializable read observed", history.Record{Operations: []history.Operation{
			of(history.Ambiguous, swap("r", "1", 0, 0, 1, 20)), {Kind: history.LocalRead, Key: "r", Seen: "1", Revision: 5, Returned: 8},
		}}, []string{"cas r 1-8"}, 1},
		{"an ambiguous swap that a failed read cannot have observed", history.Record{Operations: []history.Operation{
			of(history.Ambiguous, swap("r", "1", 0, 0, 1, 20)), of(history.Failed, read("r", "1", 5, 2, 7)),
		}}, nil, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			list, largest := searchInput(&tc.record)
			var got []string
			for _, o := range list {
				in := operation(o.Input)
				got = append(got, fmt.Sprintf("%s %s %d-%d", in.Kind, in.Key, o.Call, o.Return))
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); largest != tc.largest || diff != "" {
				t.Errorf("the largest has %d, want %d; -want +got:\n%s", largest, tc.largest, diff)
			}
		})
	}
}
