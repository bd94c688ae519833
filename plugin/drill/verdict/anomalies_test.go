package verdict

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
)

// TestAnomalies: anomalies that need no search. Equal times prove nothing: what returned when another was called may
// have happened after it.
func TestAnomalies(t *testing.T) {
	const (
		ms     = 1_000_000
		notAny = "the history of the registers is not linearizable"
	)
	local := func(seen string, revision int64) history.Operation {
		o := read("r", seen, revision, 30*ms, 40*ms)
		o.Kind, o.Member = history.LocalRead, "etcd-2"
		return o
	}
	one := swap("r", "1", 0, 5, 10*ms, 20*ms)
	for _, tc := range []struct {
		name       string
		operations []history.Operation
		want       []string
	}{
		{"none", []history.Operation{one, swap("r", "2", 5, 7, 30*ms, 40*ms), read("r", "2", 7, 50*ms, 60*ms)}, nil},

		{"two swaps from one revision", []history.Operation{one, swap("r", "2", 0, 7, 30*ms, 40*ms)}, []string{"1 compare-and-swaps succeeded twice on the same revision: r from revision 0, to 1 and to 2", notAny}},
		{"three of them: the first example, and their number", []history.Operation{one, swap("r", "2", 0, 7, 30*ms, 40*ms), swap("r", "3", 0, 8, 50*ms, 60*ms)}, []string{"2 compare-and-swaps succeeded twice on the same revision: r from revision 0, to 1 and to 2", notAny}},
		{"one that was refused", []history.Operation{one, refused("r", "1", 0, 5, 30*ms, 40*ms)}, nil},
		{"one of another register", []history.Operation{one, swap("s", "2", 0, 7, 30*ms, 40*ms)}, nil},
		{"writes, which ask for no revision", []history.Operation{
			one, {Kind: history.Write, Key: "w", Value: "1", Revision: 6, Called: 30 * ms, Returned: 40 * ms}, {Kind: history.Write, Key: "w", Value: "2", Revision: 7, Called: 50 * ms, Returned: 60 * ms},
		}, nil},

		{"a value that was not written", []history.Operation{one, local("9", 9)}, []string{"1 values were read that no client wrote: 9 of r at etcd-2, by a serializable at 30ms", notAny}},
		{"a value whose write had failed", []history.Operation{one, of(history.Failed, swap("r", "9", 5, 0, 30*ms, 40*ms)), local("9", 9)}, []string{"1 values were read that no client wrote: 9 of r at etcd-2, by a serializable at 30ms", notAny}},
		{"an ambiguous value", []history.Operation{one, of(history.Ambiguous, swap("r", "9", 5, 0, 30*ms, 40*ms)), local("9", 9)}, nil},
		{"a read that failed", []history.Operation{one, of(history.Failed, local("9", 9))}, nil},
		{"a read that found nothing", []history.Operation{one, local("", 0)}, nil},
		{"another revision than that of the write", []history.Operation{one, local("1", 6)}, []string{"1 values were read that no client wrote: 1 of r at etcd-2, at revision 6 and not 5", notAny}},
		{"a write that was called when the read returned", []history.Operation{swap("r", "1", 0, 5, 40*ms, 50*ms), local("1", 5)}, nil},
		{"a write that was called after the read returned", []history.Operation{swap("r", "1", 0, 5, 40*ms+1, 50*ms), local("1", 5)}, []string{"1 values were read that no client wrote: 1 of r at etcd-2, before it was written", notAny}},

		{"a read older than an earlier answer", []history.Operation{one, swap("r", "2", 5, 7, 30*ms, 40*ms), read("r", "1", 5, 50*ms, 60*ms)}, []string{
			"1 linearizable reads were stale: read of r had revision 5 at 50ms on , but a client had seen revision 7 at 40ms", notAny,
		}},
		{"a refused swap that observed an old value", []history.Operation{one, swap("r", "2", 5, 7, 30*ms, 40*ms), refused("r", "1", 3, 5, 50*ms, 60*ms)}, []string{
			"1 linearizable reads were stale: cas of r had revision 5 at 50ms on , but a client had seen revision 7 at 40ms", notAny,
		}},
		{"an old value called when the new one returned", []history.Operation{one, swap("r", "2", 5, 7, 30*ms, 40*ms), read("r", "1", 5, 40*ms, 60*ms)}, nil},
		{"an old value by a serializable read", []history.Operation{one, swap("r", "2", 5, 7, 10*ms, 20*ms), local("1", 5)}, nil},
		{"an old value of another register", []history.Operation{swap("s", "1", 0, 4, 10*ms, 20*ms), one, read("s", "1", 4, 50*ms, 60*ms)}, nil},
		{"the newest earlier answer, and of two the first", []history.Operation{
			one, swap("r", "2", 5, 7, 21*ms, 25*ms), read("r", "2", 7, 26*ms, 30*ms), read("r", "1", 5, 22*ms, 35*ms), read("r", "1", 5, 50*ms, 60*ms),
		}, []string{"1 linearizable reads were stale: read of r had revision 5 at 50ms on , but a client had seen revision 7 at 25ms", notAny}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, got := linearizability(&history.Record{Operations: tc.operations})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestReordered: a write that was sent after another was acknowledged has a higher revision, whatever their keys.
func TestReordered(t *testing.T) {
	const ms = 1_000_000
	write := func(key string, revision int64, called, returned int) history.Operation {
		return history.Operation{Kind: history.Write, Key: key, Value: key, Revision: revision, Called: at(float64(called) / 1000), Returned: at(float64(returned) / 1000)}
	}
	for _, tc := range []struct {
		name       string
		operations []history.Operation
		want       []string
	}{
		{"in order", []history.Operation{write("a", 5, 10, 20), write("b", 6, 30, 40)}, nil},
		{"beside one another", []history.Operation{write("a", 6, 10, 30), write("b", 5, 20, 40)}, nil},
		{"sent when the other was acknowledged", []history.Operation{write("a", 6, 10, 20), write("b", 5, 20, 40)}, nil},
		{"twice out of order", []history.Operation{write("c", 4, 40, 60), write("b", 5, 30, 50), write("a", 6, 10, 20)}, []string{
			"2 writes have a lower revision than one that was acknowledged before they were sent: b, called at 30ms, has revision 5; a had returned at 20ms with revision 6",
		}},
		{"one that returned before it was called, as no probe records it", []history.Operation{write("a", 5, 30, 10)}, nil},
		{"a read of an old revision", []history.Operation{write("a", 6, 10, 20), read("r", "", 0, 30*ms, 40*ms)}, nil},
		{"one that was not acknowledged", []history.Operation{write("a", 6, 10, 20), of(history.Ambiguous, write("b", 5, 30, 40))}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &history.Record{Operations: tc.operations}
			if diff := cmp.Diff(tc.want, reordered(r)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
