package prove

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/page"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/files"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// drillFiles are the files that a drill writes beside its output.
type drillFiles struct {
	reports []string
	history string
	rounds  int // how many numbered histories were written
}

func (f *drillFiles) add(flags *pflag.FlagSet) {
	f.addReports(flags)
	flags.StringVar(&f.history, "history", "", "write the recorded history to this file, for \"drill verify\"; each of several drills gets its own file, with its number before the extension")
}

func (f *drillFiles) addReports(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.reports, "report", nil, "write the report to a file that ends in .html (with a plot, readable offline) or .md; can be repeated")
}

func completeReports(cmd *cobra.Command) {
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"report": cli.AnyFile})
}

// validate returns an error for files that could not be written after the drills: their content could not be reproduced.
// rounds is the number of drills.
func (f *drillFiles) validate(rounds int) error {
	for _, path := range f.reports {
		if ext := filepath.Ext(path); ext != ".html" && ext != ".md" {
			return fmt.Errorf("--report %q ends neither in .html nor in .md", path)
		}
	}
	paths := slices.Clone(f.reports)
	if f.history != "" && rounds > 1 {
		paths = append(paths, f.numbered(1))
	} else if f.history != "" {
		paths = append(paths, f.history)
	}
	for i, path := range paths {
		if slices.Contains(paths[:i], path) {
			return fmt.Errorf("the file %q is given twice: the second write would replace the first (give different files)", path)
		}
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return fmt.Errorf("the folder of %q does not exist", path)
		}
		if err := files.Check(path); err != nil {
			return fmt.Errorf("the file %q cannot be written: %w (give another one)", path, err)
		}
	}
	return nil
}

// numbered returns the path of the n-th history of a series.
func (f *drillFiles) numbered(n int) string {
	ext := filepath.Ext(f.history)
	return fmt.Sprintf("%s-%03d%s", strings.TrimSuffix(f.history, ext), n, ext)
}

// write writes the history and the reports of one drill.
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

// writeHistory writes a drill's history. With numbered, which is for a series, the path has the drill's number.
func (f *drillFiles) writeHistory(r *history.Record, numbered bool) error {
	if f.history == "" {
		return nil
	}
	path := f.history
	if numbered {
		f.rounds++
		path = f.numbered(f.rounds)
	}
	return writeFile(path, func(w io.Writer) error { return history.Encode(w, r) })
}

// writeSeries writes the reports of a series.
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
