package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/term"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type watchedDocument struct{ report.Watched }

// watched draws report.Watched.
func watched(w report.Watched) Document { return watchedDocument{w} }

// StatusWatch prints the states of a cluster as they are seen: on a terminal each is drawn over the one before, elsewhere
// one line, or document, is written for each change.
type StatusWatch struct {
	Every time.Duration                    // told to people
	Note  func(format string, args ...any) // is told what does not belong into a document

	out      io.Writer
	format   Format
	coloured bool
	screen   *screen // nil where states are appended
	table    *tableStream

	last string // what was seen last, without what changes all the time
	seen time.Time
	body []string // the state that is on the screen
}

// NewStatusWatch returns a StatusWatch on out.
func NewStatusWatch(out io.Writer, format Format, coloured bool) *StatusWatch {
	if format.Machine() {
		out = Harmless(out)
	}
	w := &StatusWatch{out: out, format: format, coloured: coloured, table: newTableStream(out)}
	if fd, terminal := term.GetFdInfo(out); terminal && !format.Machine() {
		w.screen = &screen{out: out, fd: fd}
	}
	return w
}

// Show prints a state.
func (w *StatusWatch) Show(at time.Time, s report.Status) error {
	if w.screen != nil {
		var text bytes.Buffer
		if err := Print(&text, Status(s), w.format, w.coloured); err != nil {
			return err
		}
		w.seen, w.body = at, strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
		return w.draw(fmt.Sprintf("%s, every %s (Ctrl-C ends it)", at.Format(time.DateTime), w.Every))
	}
	if !w.changed(statusDocument{s}.essence()) {
		return nil
	}
	switch {
	case !w.format.Machine():
		return w.table.rows(watchHeader(), [][]Cell{statusDocument{s}.watchRow(at)})
	case w.format == "json":
		enc := json.NewEncoder(w.out) // one line each: it is read line by line
		enc.SetEscapeHTML(false)
		return enc.Encode(report.Watched{Status: s, Time: at.Format(time.RFC3339)})
	case w.format == "yaml":
		if _, err := fmt.Fprintln(w.out, "---"); err != nil {
			return err
		}
	}
	return Print(w.out, watched(report.Watched{Status: s, Time: at.Format(time.RFC3339)}), w.format, false)
}

// Lost says that the cluster could not be looked at. What was seen last stays on a screen, with its time.
func (w *StatusWatch) Lost(at time.Time, problem error) error {
	if w.screen != nil {
		line := fmt.Sprintf("%s, trying again every %s: %s (below is what was seen at %s)",
			at.Format(time.DateTime), w.Every, escape(problem.Error()), w.seen.Format(time.TimeOnly))
		if w.coloured {
			line = newPainter()[Bad].Sprint(line)
		}
		return w.draw(line)
	}
	if !w.changed("lost: " + problem.Error()) {
		return nil
	}
	if w.format.Machine() {
		w.Note("trying again: %v", problem)
		return nil
	}
	row := Text(at.Format(time.RFC3339), "unknown", "-", "-", "-", "-", "-", problem.Error())
	return w.table.rows(watchHeader(), [][]Cell{row})
}

func (w *StatusWatch) draw(head string) error {
	return w.screen.draw(append([]string{head, ""}, w.body...))
}

func (w *StatusWatch) changed(essence string) bool {
	before := w.last
	w.last = essence
	return before != essence
}

func watchHeader() []string {
	return []string{"TIME", "HEALTH", "MEMBERS", "LEADER", "TERM", "REVISION", "VERSION", "WHAT"}
}

// watchRow is a state in one line. The time goes down to the second, with its zone: it is put beside logs.
func (s statusDocument) watchRow(at time.Time) []Cell {
	word, _ := s.state()
	word = fmt.Sprintf("%-9s", word) // as wide as the usual ones, so that the first bad one shifts nothing
	return Text(at.Format(time.RFC3339), word, fmt.Sprintf("%d/%d", s.HealthyVoters(), len(s.Members)), orDash(strings.Join(s.Leaders(), ",")),
		strconv.FormatUint(s.Term, 10), strconv.FormatInt(s.Revision, 10), s.VersionText(), orDash(s.what()))
}

// what says in one line all that deserves attention.
func (s statusDocument) what() string {
	var texts []string
	for _, m := range s.Members {
		if !m.Healthy {
			texts = append(texts, m.Name+" "+memberHealth(m).Text)
		}
	}
	if alarms := s.AlarmText(); alarms != "" {
		texts = append(texts, alarms)
	}
	if s.Operation != "" {
		texts = append(texts, s.operation())
	}
	for _, w := range s.Warnings {
		texts = append(texts, w.Reason)
	}
	return strings.Join(slices.Compact(texts), "; ")
}

// operation is the operation under way without when it was last heard of.
func (s statusDocument) operation() string {
	text, _, _ := strings.Cut(s.Operation, ", last seen")
	return text
}

// essence is what of a state makes it another one: not the revision, the size, the log and the latency, which change
// all the time.
func (s statusDocument) essence() string {
	var out strings.Builder
	word, _ := s.state()
	fmt.Fprintln(&out, s.Namespace, s.Cluster, word, s.Quorum, s.Leaders(), s.Term, s.Seal, s.ClientTLS != nil && *s.ClientTLS, s.what(), s.Incomplete)
	for _, m := range s.Members {
		fmt.Fprintln(&out, m.Name, m.ID, m.Pod, m.Node, m.Role, memberHealth(m).Text, m.Version, m.StorageVersion, m.Alarms)
	}
	return out.String()
}

// Sections implements Document.
func (w watchedDocument) Sections(wide bool) []Section { return Status(w.Status).Sections(wide) }
