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

// StatusWatch prints the observed states of a cluster. On a terminal it redraws in place; elsewhere it writes a line or a
// document for each change.
type StatusWatch struct {
	Every time.Duration                    // the interval, shown on the screen
	Note  func(format string, args ...any) // gets messages that do not belong into a document

	out      io.Writer
	format   Format
	coloured bool
	screen   *screen // nil if states are appended
	table    *tableStream

	last string    // comparable form of the last state
	seen time.Time // of the state in body
	body []string  // lines of the state on the screen
}

// NewStatusWatch returns a StatusWatch that writes to out.
func NewStatusWatch(out io.Writer, format Format, coloured bool) *StatusWatch {
	if format.Machine() {
		out = TerminalSafe(out)
	}
	w := &StatusWatch{out: out, format: format, coloured: coloured, table: newTableStream(out)}
	if fd, terminal := term.GetFdInfo(out); terminal && !format.Machine() {
		w.screen = &screen{out: out, fd: fd}
	}
	return w
}

// Show prints a state that was observed at a time.
func (w *StatusWatch) Show(at time.Time, s report.Status) error {
	if w.screen != nil {
		var text bytes.Buffer
		if err := Print(&text, Status(s), w.format, w.coloured); err != nil {
			return err
		}
		w.seen, w.body = at, strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
		return w.draw(fmt.Sprintf("%s, every %s (Ctrl-C ends it)", at.Format(time.DateTime), w.Every))
	}
	if !w.changed(statusDocument{s}.changeKey()) {
		return nil
	}
	switch {
	case !w.format.Machine():
		return w.table.rows(watchHeader(), [][]Cell{statusDocument{s}.watchRow(at)})
	case w.format == "json":
		enc := json.NewEncoder(w.out) // without indentation: consumers read it line by line
		enc.SetEscapeHTML(false)
		return enc.Encode(report.Watched{Status: s, Time: at.Format(time.RFC3339)})
	case w.format == "yaml":
		if _, err := fmt.Fprintln(w.out, "---"); err != nil {
			return err
		}
	}
	return Print(w.out, watched(report.Watched{Status: s, Time: at.Format(time.RFC3339)}), w.format, false)
}

// Lost prints that the cluster's state could not be read. On a screen the last state stays, with its time.
func (w *StatusWatch) Lost(at time.Time, problem error) error {
	if w.screen != nil {
		line := fmt.Sprintf("%s, trying again every %s: %s (below is the status at %s)",
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

func (w *StatusWatch) changed(state string) bool {
	before := w.last
	w.last = state
	return before != state
}

func watchHeader() []string {
	return []string{"TIME", "HEALTH", "MEMBERS", "LEADER", "TERM", "REVISION", "VERSION", "WHAT"}
}

// watchRow returns a state as a row. The time has seconds and the zone, to compare it with logs.
func (s statusDocument) watchRow(at time.Time) []Cell {
	word, _ := s.state()
	word = fmt.Sprintf("%-9s", word) // padded to the usual ones, so that the first bad one does not shift the columns
	return Text(at.Format(time.RFC3339), word, fmt.Sprintf("%d/%d", s.HealthyVoters(), len(s.Members)), orDash(strings.Join(s.Leaders(), ",")),
		strconv.FormatUint(s.Term, 10), strconv.FormatInt(s.Revision, 10), s.VersionText(), orDash(s.problems()))
}

// problems returns all problems in one line.
func (s statusDocument) problems() string {
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

// operation returns the operation in progress without the time when it was last seen.
func (s statusDocument) operation() string {
	text, _, _ := strings.Cut(s.Operation, ", last seen")
	return text
}

// changeKey returns the state without what changes all the time: revision, sizes, raft indexes and latency. Two states are
// the same for a watch if it is equal.
func (s statusDocument) changeKey() string {
	var out strings.Builder
	word, _ := s.state()
	fmt.Fprintln(&out, s.Namespace, s.Cluster, word, s.Quorum, s.Leaders(), s.Term, s.Seal, s.ClientTLS != nil && *s.ClientTLS, s.problems(), s.Incomplete)
	for _, m := range s.Members {
		fmt.Fprintln(&out, m.Name, m.ID, m.Pod, m.Node, m.Role, memberHealth(m).Text, m.Version, m.StorageVersion, m.Alarms)
	}
	return out.String()
}

// Sections implements Document.
func (w watchedDocument) Sections(wide bool) []Section { return Status(w.Status).Sections(wide) }
