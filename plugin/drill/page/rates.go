package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// gaps returns the times without an acknowledged write, as the verdict counts them: from one acknowledgement to the
// next, by any member, and from the start and to the end of the probe. It leaves out those that are common at the
// probe's rate.
func gaps(r *history.Record) []span {
	if r.Span <= 0 {
		return []span{}
	}
	at := []time.Duration{0, r.Span}
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Class == history.Acknowledged && o.Kind.Writes() {
			at = append(at, o.Returned)
		}
	}
	slices.Sort(at)
	minimum := min(max(minGap, 4*r.Span/time.Duration(len(at))), r.Span/4)
	list, longest := []span{}, -1
	for i := 1; i < len(at); i++ {
		if at[i]-at[i-1] < minimum {
			continue
		}
		gap := history.Interval{From: at[i-1], To: at[i]}
		text := "no write for " + report.Millis(at[i]-at[i-1])
		if slices.ContainsFunc(r.Outages, gap.Overlaps) {
			text += ", while the API server did not answer"
		}
		list = append(list, span{From: since(r, gap.From), To: since(r, gap.To), Text: text})
		if n := len(list) - 1; longest < 0 || list[n].To-list[n].From > list[longest].To-list[longest].From {
			longest = n
		}
	}
	if longest >= 0 {
		list[longest].Longest = true
	}
	return list
}

// newRates counts in intervals of 100 ms, or longer ones for a long probe.
func newRates(r *history.Record, members []string) rates {
	width := 100 * time.Millisecond
	for r.Span/width > maxBars {
		width *= 10
	}
	// An interval begins at the fault, so that none contains operations from before and after it.
	first := (r.FaultAt + width - 1) / width
	n := int(first + (max(r.Span-r.FaultAt, 0)+width-1)/width)
	out := rates{Width: width.Seconds(), At: make([]float64, n), Counts: counts(r, members, n, func(at time.Duration) int {
		return int((at - r.FaultAt + first*width) / width)
	})}
	for i := range out.At {
		out.At[i] = rounded(((time.Duration(i) - first) * width).Seconds())
	}
	return out
}

// counts returns, by member, the acknowledged operations in each of n intervals. piece returns the interval of a time.
func counts(r *history.Record, members []string, n int, piece func(time.Duration) int) [][]int {
	out := make([][]int, len(members))
	for m := range out {
		out[m] = make([]int, n)
	}
	for i := range r.Operations {
		o := &r.Operations[i]
		if k := piece(o.Returned); o.Class == history.Acknowledged && k >= 0 && k < n {
			out[slices.Index(members, o.Member)][k]++
		}
	}
	return out
}

// sparklines draws each member's acknowledged operations as text, for formats without plots.
func sparklines(r *history.Record) string {
	const columns = 72
	if r == nil || r.Span <= 0 || len(r.Operations) == 0 {
		return ""
	}
	width := r.Span/columns + 1
	members := memberNames(r)
	label := 0
	for _, m := range members {
		label = max(label, len(shownName(m)))
	}
	var out strings.Builder
	fmt.Fprintf(&out, "Acknowledged operations, a character for %s:\n\n```text\n", report.Millis(width))
	all := counts(r, members, columns, func(at time.Duration) int { return int(at / width) })
	// A burst must not flatten the rest: up to a twentieth of the intervals may exceed the highest bar.
	sorted := slices.Sorted(slices.Values(slices.Concat(all...)))
	most := max(1, sorted[len(sorted)*19/20])
	for m, counted := range all {
		fmt.Fprintf(&out, "%-*s  ", label, shownName(members[m]))
		for _, n := range counted {
			out.WriteRune([]rune(" ▁▂▃▄▅▆▇█")[min(8, (8*n+most-1)/most)])
		}
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "%*s%s^ fault\n```\n", label+2, "", strings.Repeat(" ", int(r.FaultAt/width)))
	return out.String()
}

// shownName returns a member's name without characters that would end a code block.
func shownName(name string) string {
	return strings.NewReplacer("\n", " ", "\t", " ", "`", "'").Replace(render.EscapeText(name))
}
