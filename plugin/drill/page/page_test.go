package page

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

var (
	update = flag.Bool("update", false, "write the goldens")
	pages  = flag.String("pages", "", "write sample pages into this directory, to look at them")
)

// samples are the pages by file name.
func samples() map[string]func(io.Writer) error {
	r := sample()
	d := judged(r)
	bad, badRecord := broken()
	return map[string]func(io.Writer) error{
		"pass.html":   func(w io.Writer) error { return HTML(w, d, r) },
		"pass.md":     func(w io.Writer) error { return Markdown(w, d, r) },
		"fail.html":   func(w io.Writer) error { return HTML(w, bad, badRecord) },
		"fail.md":     func(w io.Writer) error { return Markdown(w, bad, badRecord) },
		"series.html": func(w io.Writer) error { return SeriesHTML(w, rounds()) },
		"series.md":   func(w io.Writer) error { return SeriesMarkdown(w, rounds()) },
	}
}

func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestSample compares the Markdown with its goldens. HTML pages are checked by eye, in a browser.
func TestSample(t *testing.T) {
	for name, write := range samples() {
		got := written(t, write)
		if *pages != "" {
			if err := os.WriteFile(filepath.Join(*pages, name), []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if strings.HasSuffix(name, ".md") {
			golden(t, name, got)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it):\n%s", file, diff)
	}
}

// TestPageNeedsNoNetwork: no element of the page loads anything, and its policy forbids it too.
func TestPageNeedsNoNetwork(t *testing.T) {
	loads := regexp.MustCompile(`(?i)(src|href|action|poster|srcset)\s*=\s*["']?(https?:|//)|url\(|@import|import\s*\(|fetch\s*\(|XMLHttpRequest|WebSocket|sendBeacon`)
	for name, write := range samples() {
		got := written(t, write)
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		if found := loads.FindString(got); found != "" {
			t.Errorf("%s has %q", name, found)
		}
		if !strings.Contains(got, `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; `) {
			t.Errorf("%s has no policy", name)
		}
		for _, mark := range []string{"uPlot", "Leon Sorokin", "<noscript>"} {
			if !strings.Contains(got, mark) {
				t.Errorf("%s is without %q", name, mark)
			}
		}
	}
}

// hostile is the sample with names and values that try to break out of the page. A cluster can choose them.
func hostile() (report.Drill, *history.Record) {
	const evil = `</script><script>alert(1)</script>`
	d, r := broken()
	d.Fault, d.Cluster, d.Struck = evil, evil, evil
	d.Members[0].Name, d.Timeline[0].Event = evil+"|a`b\n# c", evil
	d.Writes.LostKeys[0], d.Reasons[0] = evil, evil
	r.Before.Members[0].Name, r.Operations[0].Member, r.Outages[0].Why, r.LeaderTerms[1].Leader = evil+"\n```", evil+"\n```", evil, evil
	failed := false
	for i := range r.Operations {
		if o := &r.Operations[i]; o.Class != history.Acknowledged {
			o.Key, o.Error, failed = evil, evil+"\u2028", true
		}
	}
	if !failed {
		panic("the sample has no operation that failed")
	}
	return d, r
}

func TestNothingBreaksOut(t *testing.T) {
	d, r := hostile()
	got := written(t, func(w io.Writer) error { return HTML(w, d, r) })
	if strings.Contains(got, "<script>alert") || strings.Contains(got, "</script><script>alert") {
		t.Error("a value became a script")
	}
	if n := strings.Count(got, "<script"); n != 3 {
		t.Errorf("%d scripts, want the data, the library and the page's own", n)
	}
	if n := strings.Count(got, "</script"); n != 3 {
		t.Errorf("%d ends of scripts, want 3", n)
	}
	text := written(t, func(w io.Writer) error { return Markdown(w, d, r) })
	parts := strings.Split(text, "```")
	if len(parts) != 3 {
		t.Fatalf("%d fences, want the begin and the end of one block", len(parts)-1)
	}
	if strings.Contains(parts[0]+parts[2], "<script") {
		t.Error("a value became HTML")
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "# ") {
			t.Errorf("a value became a heading: %q", line)
		}
	}
	s := rounds()
	s.Rounds[27].Reasons = []string{d.Fault}
	s.Rounds[27].Fault, s.Rounds[27].Targets = d.Fault, []string{d.Fault}
	if n := strings.Count(written(t, func(w io.Writer) error { return SeriesHTML(w, s) }), "<script"); n != 3 {
		t.Errorf("%d scripts in a series, want 3", n)
	}
}

// dataOf decodes the data for the page's script.
func dataOf(t *testing.T, page string, into any) {
	t.Helper()
	_, text, _ := strings.Cut(page, `<script type="application/json" id="data">`)
	text, _, found := strings.Cut(text, "</script>")
	if !found {
		t.Fatal("the page has no data")
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

// TestDataAreTheRecords: the data for the script is the record's, hostile values included.
func TestDataAreTheRecords(t *testing.T) {
	d, r := hostile()
	var got plot
	dataOf(t, written(t, func(w io.Writer) error { return HTML(w, d, r) }), &got)
	want := newPlot(d, r)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(plot{}), cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".notes" }, cmp.Ignore())); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(got.Operations.At) != len(r.Operations) || got.From != -2 || got.To != 8 {
		t.Errorf("%d operations from %v to %v", len(got.Operations.At), got.From, got.To)
	}
	for i := range got.Operations.At {
		if got.Operations.Class[i] != 0 && !strings.Contains(got.Operations.Detail[i], "</script>") {
			t.Fatalf("operation %d failed for no reason: %q", i, got.Operations.Detail[i])
		}
	}
	var series seriesPlot
	dataOf(t, written(t, func(w io.Writer) error { return SeriesHTML(w, rounds()) }), &series)
	if diff := cmp.Diff(newSeriesPlot(rounds()), series); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestNothingToPlot: a report without a record, or with an empty one, is rendered too.
func TestNothingToPlot(t *testing.T) {
	empty := &history.Record{Span: time.Second}
	for name, write := range map[string]func(io.Writer) error{
		"no record":    func(w io.Writer) error { return HTML(w, report.Drill{Verdict: report.Fail}, nil) },
		"empty record": func(w io.Writer) error { return HTML(w, report.Drill{Verdict: report.Fail}, empty) },
		"markdown":     func(w io.Writer) error { return Markdown(w, report.Drill{Verdict: report.Fail}, nil) },
		"of nothing":   func(w io.Writer) error { return Markdown(w, report.Drill{Verdict: report.Fail}, &history.Record{}) },
		"no time":      func(w io.Writer) error { return HTML(w, report.Drill{Verdict: report.Fail}, &history.Record{}) },
		"no rounds":    func(w io.Writer) error { return SeriesHTML(w, report.DrillSeries{Verdict: report.Fail}) },
		"no rounds md": func(w io.Writer) error { return SeriesMarkdown(w, report.DrillSeries{Verdict: report.Fail}) },
	} {
		got := written(t, write)
		_, data, _ := strings.Cut(got, `id="data">`)
		data, _, _ = strings.Cut(data, "</script>")
		if !strings.Contains(got, "fail") || strings.Contains(data, "null") {
			t.Errorf("%s: %s\n%.300s", name, data, got)
		}
	}
}
