package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

const (
	// maxPoints limits the points of a plot: with more, browsers are slow and the points overlap.
	maxPoints = 50_000
	// minGap is the shortest time without an acknowledged write that is shaded. At low rates only longer ones are.
	minGap = 100 * time.Millisecond
	// maxBars limits the bars of the plot of rates.
	maxBars = 6000
)

// plot is the data that the page's script draws. Times are in seconds from the fault.
type plot struct {
	Kind       string   `json:"kind"` // drill
	From       float64  `json:"from"`
	To         float64  `json:"to"`
	Members    []string `json:"members"`
	Targets    []string `json:"targets"`
	Operations points   `json:"operations"`
	Gaps       []span   `json:"gaps"`
	Outages    []span   `json:"outages"`
	Marks      []mark   `json:"marks"`
	Events     []mark   `json:"events"`
	Rates      rates    `json:"rates"`

	notes []string
}

// points are operations in the order in which they were sent, one column per field.
type points struct {
	At     []float64      `json:"at"`
	Millis []float64      `json:"ms"`
	Kind   []int          `json:"kind"`   // index in history.Kinds
	Class  []int          `json:"class"`  // history.Class
	Member []int          `json:"member"` // index in Members
	Detail map[int]string `json:"detail"` // by point, of those that were not acknowledged
}

type span struct {
	From    float64 `json:"from"`
	To      float64 `json:"to"`
	Text    string  `json:"text"`
	Longest bool    `json:"longest,omitempty"`
}

type mark struct {
	At   float64 `json:"at"`
	Text string  `json:"text"`
	Kind string  `json:"kind"` // fault, leader, healthy or event
}

// rates has the number of acknowledged operations in each interval, by member.
type rates struct {
	Width  float64   `json:"width"`
	At     []float64 `json:"at"`
	Counts [][]int   `json:"counts"`
}

func newPlot(d report.Drill, r *history.Record) plot {
	members := memberNames(r)
	p := plot{Kind: "drill", From: since(r, 0), To: since(r, r.Span), Members: members, Targets: append([]string{}, r.Targets...)}
	p.Gaps, p.Outages, p.Marks, p.Events, p.Rates = gaps(r), []span{}, marks(r), []mark{}, newRates(r, members)
	p.Operations, p.notes = newPoints(r, members, maxPoints)
	for _, o := range r.Outages {
		p.Outages = append(p.Outages, span{From: since(r, o.From), To: since(r, o.To), Text: o.Why})
	}
	for _, e := range d.Timeline {
		p.Events = append(p.Events, mark{At: rounded(e.AfterSeconds), Text: e.Event, Kind: "event"})
	}
	return p
}

// since returns the seconds from the fault to a time.
func since(r *history.Record, at time.Duration) float64 { return rounded((at - r.FaultAt).Seconds()) }

// rounded rounds to a tenth of a millisecond, which keeps the file small and readable.
func rounded(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// memberNames returns the members from before the fault, and all others that operations were sent to.
func memberNames(r *history.Record) []string {
	names := []string{}
	for _, m := range r.Before.Members {
		names = append(names, m.Name)
	}
	for i := range r.Operations {
		if name := r.Operations[i].Member; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// newPoints returns at most limit operations, or more if more than that failed, and a note about those that it left
// out.
func newPoints(r *history.Record, members []string, limit int) (points, []string) {
	shown, notes := decimated(r.Operations, limit)
	p := points{At: []float64{}, Millis: []float64{}, Kind: []int{}, Class: []int{}, Member: []int{}, Detail: map[int]string{}}
	for i, o := range shown {
		p.At = append(p.At, since(r, o.Called))
		p.Millis = append(p.Millis, rounded(float64(o.Returned-o.Called)/float64(time.Millisecond)))
		p.Kind = append(p.Kind, slices.Index(history.Kinds(), o.Kind))
		p.Class = append(p.Class, int(o.Class))
		p.Member = append(p.Member, slices.Index(members, o.Member))
		if o.Class != history.Acknowledged {
			p.Detail[i] = detail(o)
		}
	}
	return p, notes
}

func detail(o *history.Operation) string {
	text := o.Key
	if o.Error != "" {
		text += ": " + o.Error
	}
	if o.Cut {
		text += " (the connection broke: no member answered)"
	}
	return text
}

// decimated returns the operations in the order in which they were sent. If there are more than limit, it keeps all
// that were not acknowledged, the slowest, and a sample of the rest.
func decimated(all []history.Operation, limit int) ([]*history.Operation, []string) {
	shown := make([]*history.Operation, len(all))
	for i := range all {
		shown[i] = &all[i]
	}
	order := func(a, b *history.Operation) int { return cmp.Compare(a.Called, b.Called) }
	if len(all) <= limit {
		slices.SortStableFunc(shown, order)
		return shown, nil
	}
	took := func(o *history.Operation) time.Duration {
		if o.Class != history.Acknowledged {
			return math.MaxInt64 // sorts them first
		}
		return o.Returned - o.Called
	}
	slices.SortStableFunc(shown, func(a, b *history.Operation) int { return cmp.Compare(took(b), took(a)) })
	failed := 0
	for failed < len(shown) && shown[failed].Class != history.Acknowledged {
		failed++
	}
	slowest := min(limit/10, len(all)-failed)
	kept, rest := slices.Clip(shown[:failed+slowest]), shown[failed+slowest:]
	slices.SortStableFunc(rest, order)
	note := fmt.Sprintf("all %s that were not acknowledged, the %s slowest", humanize.Comma(int64(failed)), humanize.Comma(int64(slowest)))
	if room := limit - len(kept); room > 0 && len(rest) > 0 {
		step := (len(rest) + room - 1) / room
		for i := 0; i < len(rest); i += step {
			kept = append(kept, rest[i])
		}
		note += fmt.Sprintf(" and every %s of the rest", humanize.Ordinal(step))
	}
	slices.SortStableFunc(kept, order)
	return kept, []string{fmt.Sprintf("The first plot shows %s of %s operations: %s. All other figures count all operations.",
		humanize.Comma(int64(len(kept))), humanize.Comma(int64(len(all))), note)}
}

// marks are the labels over the plot: the fault, each new leader, and the recovery.
func marks(r *history.Record) []mark {
	list := []mark{{At: 0, Text: "fault", Kind: "fault"}}
	for _, term := range r.LeaderTerms[min(1, len(r.LeaderTerms)):] {
		list = append(list, mark{At: since(r, term.At), Text: term.Leader + " leads", Kind: "leader"})
	}
	if r.Healthy != nil {
		list = append(list, mark{At: since(r, *r.Healthy), Text: "all healthy", Kind: "healthy"})
	}
	return list
}
