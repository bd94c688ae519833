package plugin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/page"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/files"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// drillFiles are what a drill is to be written to, beside what it prints.
type drillFiles struct {
	reports []string
	history string
	rounds  int // histories that were written
}

func (f *drillFiles) add(flags *pflag.FlagSet) {
	f.addReports(flags)
	flags.StringVar(&f.history, "history", "", "write what was recorded to this file, for \"drill verify\"; of several drills each to one of its own, with its number before the extension")
}

func (f *drillFiles) addReports(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.reports, "report", nil, "write the report to a file that ends in .html (with a plot, it needs no network) or .md; can be repeated")
}

func completeReports(cmd *cobra.Command) {
	completeFlags(cmd, map[string]cobra.CompletionFunc{"report": someFile})
}

// validate refuses files that could not be written at the end: a drill cannot be had again.
func (f *drillFiles) validate() error {
	for _, path := range f.reports {
		if ext := filepath.Ext(path); ext != ".html" && ext != ".md" {
			return fmt.Errorf("--report %q ends neither in .html nor in .md", path)
		}
	}
	for _, path := range append([]string{f.history}, f.reports...) {
		if path == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return fmt.Errorf("the folder of %q is not there", path)
		}
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			return fmt.Errorf("%q is no regular file", path)
		}
	}
	return nil
}

// write writes a drill's history and reports.
func (f *drillFiles) write(r *history.Record, v report.Drill) error {
	errs := []error{f.writeHistory(r, false)}
	for _, path := range f.reports {
		errs = append(errs, writeFile(path, func(w io.Writer) error {
			if filepath.Ext(path) == ".md" {
				return page.Markdown(w, v, r)
			}
			return page.HTML(w, v, r)
		}))
	}
	return errors.Join(errs...)
}

// writeHistory writes what was recorded of a drill, numbered where it is one of several.
func (f *drillFiles) writeHistory(r *history.Record, numbered bool) error {
	if f.history == "" {
		return nil
	}
	path := f.history
	if numbered {
		f.rounds++
		ext := filepath.Ext(path)
		path = fmt.Sprintf("%s-%03d%s", strings.TrimSuffix(path, ext), f.rounds, ext)
	}
	return writeFile(path, func(w io.Writer) error { return history.Encode(w, r) })
}

// writeSeries writes the reports of several drills.
func (f *drillFiles) writeSeries(s report.DrillSeries) error {
	var errs []error
	for _, path := range f.reports {
		errs = append(errs, writeFile(path, func(w io.Writer) error {
			if filepath.Ext(path) == ".md" {
				return page.SeriesMarkdown(w, s)
			}
			return page.SeriesHTML(w, s)
		}))
	}
	return errors.Join(errs...)
}

func writeFile(path string, content func(io.Writer) error) error {
	var data bytes.Buffer
	if err := content(&data); err != nil {
		return err
	}
	return files.Write(path, data.Bytes())
}
