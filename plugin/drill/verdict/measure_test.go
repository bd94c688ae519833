package verdict

import (
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history/historytest"
)

// TestNewLeaderCountsFromTheEndOfTheOld has a leader that goes long after what the drill calls the fault.
func TestNewLeaderCountsFromTheEndOfTheOld(t *testing.T) {
	r := historytest.Simulate(1, 2000)
	at := r.Reigns[1].At
	for led, want := range map[time.Duration]string{
		0:                         "300ms", // a record from before this was recorded
		r.FaultAt - time.Second:   "300ms",
		at - 120*time.Millisecond: "120ms",
		at + 10*time.Millisecond:  "0s",
	} {
		r.Reigns[0].Led = led
		if got := Judge(r).TimeToNewLeader; got != want {
			t.Errorf("led at %s: a new leader after %s, want %s", led, got, want)
		}
	}
}

func TestLongestGap(t *testing.T) {
	second := func(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }
	for _, tc := range []struct {
		name string
		acks []float64
		want time.Duration
	}{
		{"none at all", nil, second(10)},
		{"before the first", []float64{4, 5, 6, 7, 8, 9}, second(4)},
		{"in between, out of order", []float64{9, 1, 2, 7, 8}, second(5)},
		{"after the last", []float64{1, 2, 3}, second(7)},
		{"acknowledged after the end", []float64{2, 4, 6, 8, 10.3}, second(2.3)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &history.Record{Span: second(10), Operations: []history.Operation{{Kind: history.Write, Class: history.Failed, Returned: second(5)}}}
			for _, at := range tc.acks {
				r.Operations = append(r.Operations, history.Operation{Kind: history.Write, Returned: second(at)})
			}
			if got := longestGap(r, writes, "").Length(); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

func TestQuantile(t *testing.T) {
	values := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for q, want := range map[float64]int{0: 1, 0.1: 1, 0.5: 5, 0.9: 9, 0.99: 10, 1: 10} {
		if got := Quantile(values, q); got != want {
			t.Errorf("quantile %v: %d, want %d", q, got, want)
		}
	}
}
