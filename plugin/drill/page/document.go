package page

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// policy is the page's Content-Security-Policy: no network access, and only what is in the file may be shown or run.
const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"

// document is the content of a page.
type document struct {
	title   string
	verdict string // pass or fail
	head    string // the headline
	about   string
	summary []render.Section // above the plots
	rest    []render.Section // below them
	plots   []figure
	legend  []swatch
	notes   []string
	data    any // of the plots, as JSON
}

// figure is the element in which the script draws a plot.
type figure struct{ id, caption string }

// swatch explains a colour that the plots' own legends do not.
type swatch struct{ class, text string }

// write writes the page. Without JavaScript everything but the plots is shown.
func (d document) write(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>%s</title>
<style>%s</style>
<style>%s</style>
</head>
<body>
<main>
<header class="%s">
<p class="verdict">%s</p>
<h1>%s</h1>
<p class="about">%s</p>
</header>
`, policy, render.HTMLText(d.title), libraryStyle, style, verdictClass(d.verdict), render.HTMLText(d.verdict), render.HTMLText(d.head), render.HTMLText(d.about))
	if err := render.HTML(&out, d.summary); err != nil {
		return err
	}
	d.writePlots(&out)
	if err := render.HTML(&out, d.rest); err != nil {
		return err
	}
	out.WriteString("</main>\n<footer>This page is one file and loads nothing. The plots are drawn by uPlot.</footer>\n")
	if err := d.writeScripts(&out); err != nil {
		return err
	}
	out.WriteString("</body>\n</html>\n")
	_, err := io.WriteString(w, out.String())
	return err
}

func (d document) writePlots(out *strings.Builder) {
	if d.data == nil {
		return
	}
	out.WriteString("<section class=\"plots\">\n<noscript><p>The plots need JavaScript. All figures are here without it.</p></noscript>\n")
	for _, f := range d.plots {
		fmt.Fprintf(out, "<h2>%s</h2>\n<div class=\"plot\" id=\"%s\" role=\"group\" aria-label=\"%s\"></div>\n", render.HTMLText(f.caption), f.id, render.HTMLText(f.caption))
	}
	if len(d.legend) > 0 {
		out.WriteString("<ul class=\"key\">\n")
		for _, s := range d.legend {
			fmt.Fprintf(out, "<li><i class=\"%s\"></i>%s</li>\n", s.class, render.HTMLText(s.text))
		}
		out.WriteString("</ul>\n")
	}
	for _, n := range d.notes {
		out.WriteString("<p class=\"note\">" + render.HTMLText(n) + "</p>\n")
	}
	out.WriteString("<p class=\"note screen\">Hover over a point for its details, drag to zoom, double-click to zoom out, click a name to hide it.</p>\n</section>\n")
}

// writeScripts embeds the data as JSON. The encoder escapes "<", which could end the element.
func (d document) writeScripts(out *strings.Builder) error {
	if d.data == nil {
		return nil
	}
	data, err := json.Marshal(d.data)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "<script type=\"application/json\" id=\"data\">%s</script>\n<script>/*!\n%s*/\n%s</script>\n<script>\n%s%s</script>\n",
		data, libraryLicence, library, tools, script)
	return nil
}

func verdictClass(verdict string) string {
	if verdict == report.Pass {
		return "pass"
	}
	return "fail"
}

// split removes the lines that the page's head already has, and splits the sections before the first one with a table.
func split(sections []render.Section) (summary, rest []render.Section) {
	for i, s := range sections {
		if len(s.Header) > 0 {
			summary, rest = sections[:i], sections[i:]
			break
		}
		summary = sections[:i+1]
	}
	if len(summary) == 0 {
		return summary, rest
	}
	first := summary[0]
	first.Lines = nil
	for _, line := range summary[0].Lines {
		if len(line) == 0 || !slices.Contains([]string{"Verdict:", "Fault:", "Cluster:"}, line[0].Text) {
			first.Lines = append(first.Lines, line)
		}
	}
	// Failures come first, before the figures.
	return append(append([]render.Section{}, summary[1:]...), first), rest
}
