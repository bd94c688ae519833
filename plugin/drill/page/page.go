// Package page renders a drill's report and record to share: as one HTML file that needs no network, or as Markdown.
package page

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// HTML writes a drill as one HTML file: the verdict, a plot of every operation, and all figures. r is the record that d
// was judged from; if it is nil there is no plot.
func HTML(w io.Writer, d report.Drill, r *history.Record) error {
	doc := document{
		title: fmt.Sprintf("%s: drill %s on %s/%s", d.Verdict, d.Fault, d.Namespace, d.Cluster), verdict: d.Verdict,
		head: capitalize(render.DrillHeadline(d)), about: capitalize(about(d, r)),
	}
	doc.summary, doc.rest = split(render.Drill(d).Sections(true))
	if r == nil {
		return doc.write(w)
	}
	p := newPlot(d, r)
	doc.data, doc.notes = p, p.notes
	doc.plots = []figure{
		{"operations", "Every operation, by send time and duration"},
		{"rates", fmt.Sprintf("Acknowledged operations per %s, by member", time.Duration(p.Rates.Width*float64(time.Second)))},
	}
	doc.legend = legend(p)
	return doc.write(w)
}

// legend explains the shades and marks that the plot has.
func legend(p plot) []swatch {
	list := []swatch{}
	for _, s := range []struct {
		present bool
		swatch
	}{
		{len(p.Gaps) > 0, swatch{"gap longest", "longest time without an acknowledged write"}},
		{len(p.Gaps) > 1, swatch{"gap", "other times without an acknowledged write"}},
		{len(p.Outages) > 0, swatch{"outage", "the API server did not answer, which is not an outage of etcd"}},
		{len(p.Events) > 0, swatch{"event", "event of the timeline"}},
	} {
		if s.present {
			list = append(list, s.swatch)
		}
	}
	return list
}

// Markdown writes a drill as Markdown, for a pull request or a wiki. If r is nil there are no sparklines.
func Markdown(w io.Writer, d report.Drill, r *history.Record) error {
	return markdown(w, fmt.Sprintf("Drill %s: %s", d.Fault, d.Verdict), []string{capitalize(render.DrillHeadline(d)) + ".", capitalize(about(d, r)) + "."}, render.Drill(d).Sections(false), sparklines(r))
}

// SeriesHTML writes a series of drills as one HTML file, with a plot of the longest write gap of each round.
func SeriesHTML(w io.Writer, s report.DrillSeries) error {
	doc := document{
		title: fmt.Sprintf("%s: %d drills on %s/%s", s.Verdict, len(s.Rounds), s.Namespace, s.Cluster), verdict: s.Verdict,
		head: capitalize(render.SeriesHeadline(s)), about: fmt.Sprintf("A series of drills on etcd cluster %s/%s", s.Namespace, s.Cluster),
	}
	doc.summary, doc.rest = split(render.DrillSeries(s).Sections(true))
	if len(s.Rounds) > 0 {
		doc.data = newSeriesPlot(s)
		doc.plots = []figure{{"rounds", "Longest time without an acknowledged write, round by round"}}
	}
	return doc.write(w)
}

// SeriesMarkdown writes a series of drills as Markdown, for a pull request or a wiki.
func SeriesMarkdown(w io.Writer, s report.DrillSeries) error {
	return markdown(w, fmt.Sprintf("%d drills: %s", len(s.Rounds), s.Verdict), []string{capitalize(render.SeriesHeadline(s)) + ".", "On etcd cluster " + s.Namespace + "/" + s.Cluster + "."}, render.DrillSeries(s).Sections(false), "")
}

// about returns the fault, the cluster, the start, the duration and the rate as a sentence.
func about(d report.Drill, r *history.Record) string {
	text := fmt.Sprintf("drill %s on etcd cluster %s/%s", d.Fault, d.Namespace, d.Cluster)
	if d.Began != "" {
		text += ", started at " + d.Began
	}
	if r != nil {
		text += fmt.Sprintf("; observed for %s with %d operations/s", r.Span.Round(100*time.Millisecond), r.Rate)
	}
	return text
}

func markdown(w io.Writer, title string, texts []string, sections []render.Section, block string) error {
	var out strings.Builder
	out.WriteString("## " + render.MarkdownText(title) + "\n\n")
	for _, text := range texts {
		out.WriteString(render.MarkdownText(text) + "\n\n")
	}
	summary, rest := split(sections)
	if err := render.Markdown(&out, summary); err != nil {
		return err
	}
	if block != "" {
		out.WriteString("\n" + block)
	}
	if len(rest) > 0 {
		out.WriteString("\n")
	}
	if err := render.Markdown(&out, rest); err != nil {
		return err
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// capitalize returns text with its first letter in upper case.
func capitalize(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
