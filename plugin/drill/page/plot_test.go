package page

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

func TestDecimated(t *testing.T) {
	// 1000 operations: every tenth fails at once, and the ten from 500 on are slow.
	var all []history.Operation
	for i := range 1000 {
		o := history.Operation{Called: time.Duration(i) * time.Millisecond, Returned: time.Duration(i+1) * time.Millisecond}
		if i%10 == 0 {
			o.Class, o.Returned = history.Failed, o.Called
		}
		if i >= 501 && i < 510 {
			o.Returned += time.Second
		}
		all = append(all, o)
	}
	slices.Reverse(all) // a record need not be sorted
	for name, c := range map[string]struct {
		limit, most int
		notes       []string
	}{
		"all fit":  {1000, 1000, nil},
		"some fit": {300, 300, []string{"The first plot shows 275 of 1,000 operations: all 100 that were not acknowledged, the 30 slowest and every 6th of the rest. All other figures count all operations."}},
		"more failures than the limit": {
			50, 105,
			[]string{"The first plot shows 105 of 1,000 operations: all 100 that were not acknowledged, the 5 slowest. All other figures count all operations."},
		},
	} {
		got, notes := decimated(all, c.limit)
		if diff := cmp.Diff(c.notes, notes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		failed, slow := 0, 0
		for _, o := range got {
			if o.Class == history.Failed {
				failed++
			}
			if o.Returned-o.Called > time.Second {
				slow++
			}
		}
		if len(got) > c.most || failed != 100 || slow != min(9, c.limit/10) {
			t.Errorf("%s: %d operations, %d failed, %d slow", name, len(got), failed, slow)
		}
		if !slices.IsSortedFunc(got, func(a, b *history.Operation) int { return int(a.Called - b.Called) }) {
			t.Errorf("%s: not in the order in which they were sent", name)
		}
	}
}

// acknowledged returns writes that were acknowledged at these milliseconds.
func acknowledged(millis ...int) []history.Operation {
	var all []history.Operation
	for _, at := range millis {
		all = append(all, history.Operation{Kind: history.Write, Member: "etcd-0", Returned: time.Duration(at) * time.Millisecond})
	}
	return all
}

func TestGaps(t *testing.T) {
	steady := func(from, to int) []history.Operation {
		var at []int
		for i := from; i < to; i += 10 {
			at = append(at, i)
		}
		return acknowledged(at...)
	}
	read := history.Operation{Kind: history.Read, Returned: 1500 * time.Millisecond}
	ambiguous := history.Operation{Kind: history.Write, Class: history.Ambiguous, Returned: 1600 * time.Millisecond}
	for name, c := range map[string]struct {
		operations []history.Operation
		outages    []history.Interval
		want       []span
	}{
		"none":                {steady(0, 4000), nil, []span{}},
		"one":                 {append(steady(0, 1010), steady(2000, 4000)...), nil, []span{{0, 1, "no write for 1s", true}}},
		"reads do not end it": {append(append(steady(0, 1010), read, ambiguous), steady(2000, 4000)...), nil, []span{{0, 1, "no write for 1s", true}}},
		"the longest is marked": {
			append(append(steady(0, 1010), steady(1500, 2010)...), steady(3000, 4000)...), nil,
			[]span{{0, 0.5, "no write for 500ms", false}, {1, 2, "no write for 1s", true}},
		},
		"the end bounds the last": {steady(0, 3010), nil, []span{{2, 3, "no write for 1s", true}}},
		"nothing was written":     {nil, nil, []span{{-1, 3, "no write for 4s", true}}},
		"an API server outage": {
			append(steady(0, 1010), steady(2000, 4000)...),
			[]history.Interval{{From: 1200 * time.Millisecond, To: 1900 * time.Millisecond}},
			[]span{{0, 1, "no write for 1s, while the API server did not answer", true}},
		},
	} {
		r := &history.Record{Span: 4 * time.Second, FaultAt: time.Second, Operations: c.operations, Outages: c.outages}
		if diff := cmp.Diff(c.want, gaps(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestRates: only acknowledged operations count, and no interval spans the fault.
func TestRates(t *testing.T) {
	r := &history.Record{Span: 500 * time.Millisecond, FaultAt: 150 * time.Millisecond, Operations: acknowledged(10, 20, 149, 150, 249, 250, 499)}
	r.Operations = append(r.Operations, history.Operation{Class: history.Failed, Member: "etcd-1", Returned: 10})
	want := rates{Width: 0.1, At: []float64{-0.2, -0.1, 0, 0.1, 0.2, 0.3}, Counts: [][]int{{2, 1, 2, 1, 0, 1}, {0, 0, 0, 0, 0, 0}}}
	if diff := cmp.Diff(want, newRates(r, []string{"etcd-0", "etcd-1"})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	long := newRates(&history.Record{Span: 5 * time.Hour}, nil)
	if len(long.At) > maxBars+1 || long.Width != 10 {
		t.Errorf("%d pieces of %v s", len(long.At), long.Width)
	}
}

func TestMarks(t *testing.T) {
	healthy := 9 * time.Second
	r := &history.Record{FaultAt: 2 * time.Second, Healthy: &healthy, LeaderTerms: []history.LeaderTerm{{Leader: "a", Term: 1}, {Leader: "b", Term: 2, At: 3 * time.Second}}}
	want := []mark{{0, "fault", "fault"}, {1, "b leads", "leader"}, {7, "all healthy", "healthy"}}
	if diff := cmp.Diff(want, marks(r)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	r.Healthy, r.LeaderTerms = nil, nil
	if diff := cmp.Diff(want[:1], marks(r)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestHeadIsNotRepeated: the figures do not repeat the head of the page, and failures are above them.
func TestHeadIsNotRepeated(t *testing.T) {
	d, _ := broken()
	summary, rest := split(render.Drill(d).Sections(true))
	var titles []string
	for _, s := range summary {
		titles = append(titles, s.Title)
		for _, line := range s.Lines {
			if line[0].Text == "Verdict:" || line[0].Text == "Fault:" {
				t.Errorf("the figures have %q", line[0].Text)
			}
		}
	}
	if diff := cmp.Diff([]string{"Not met:", "Acknowledged but lost:", ""}, titles); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(rest) == 0 || len(rest[0].Header) == 0 {
		t.Error("no tables")
	}
	if summary, rest := split([]render.Section{{Title: "a"}}); len(summary) != 1 || len(rest) != 0 {
		t.Error("a report without tables is lost")
	}
}
