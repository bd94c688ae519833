package render

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/creack/pty"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// nasty has what drives a terminal: escape sequences of seven and of eight bits, a title, a bell, a backspace, a return to
// the line's start, a delete, and a mark that turns the direction of writing.
const nasty = "a\x1b[31mred\u009b2J\x1b]0;title\a\b\r\x7f\u202eb"

// onTerminal returns what a program's output looks like to a terminal.
func onTerminal(t *testing.T, write func(*os.File) error) string {
	t.Helper()
	here, there, err := pty.Open()
	if errors.Is(err, pty.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	seen := make(chan string)
	go func() {
		text, _ := io.ReadAll(here) // Linux ends it with an error once the other side is closed
		seen <- string(text)
	}()
	err = write(there)
	_ = there.Close()
	if err != nil {
		t.Error(err)
	}
	return strings.ReplaceAll(<-seen, "\r\n", "\n") // which is the terminal's doing
}

// printed are all the ways in which what is in a cluster gets to stdout.
func printed(format Format) map[string]func(io.Writer) error {
	kv := report.NewKey([]byte(nasty)).WithValue([]byte(nasty))
	status := report.Status{Head: report.Head{Cluster: nasty}, Leader: nasty, Members: []report.Member{{Name: nasty, Pod: nasty, Error: nasty}}, Warnings: []report.Warning{{Reason: nasty}}}
	return map[string]func(io.Writer) error{
		"a report": func(w io.Writer) error { return Print(w, Status(status), format, false) },
		"a key":    func(w io.Writer) error { return Print(w, Key(report.Key{KeyValue: kv}), format, false) },
		"a put":    func(w io.Writer) error { return Print(w, Put(report.NewPut([]byte(nasty), 1)), format, false) },
		"a list": func(w io.Writer) error {
			p := NewKeyPrinter(w, format, false, !isTerminal(w))
			return errors.Join(p.Page(report.KeyListHead{}, []report.KeyValue{kv}), p.End(report.KeyListHead{}, false))
		},
		"an event": func(w io.Writer) error {
			return NewEventPrinter(w, format, !isTerminal(w)).Print(report.Event{Type: "put", KeyValue: kv})
		},
		"a state": func(w io.Writer) error {
			watch := NewStatusWatch(w, format, false)
			watch.Note = NewProgress(w).Step
			return errors.Join(watch.Show(time.Now(), status), watch.Lost(time.Now(), errors.New(nasty)))
		},
		"progress": func(w io.Writer) error {
			p := NewProgress(w)
			p.Step("%s", nasty)
			p.Once(nasty)
			return nil
		},
		"a value": func(w io.Writer) error { return PrintValue(w, kv, !isTerminal(w)) },
		"its key": func(w io.Writer) error { return PrintKey(w, kv, !isTerminal(w)) },
	}
}

func TestNothingDrivesATerminal(t *testing.T) {
	for _, format := range []Format{"", "wide", "name", "json", "yaml", "jsonpath={.leader}{.key}{.items[*].value}"} {
		for name, write := range printed(format) {
			t.Run(string(format)+"/"+name, func(t *testing.T) {
				got := onTerminal(t, func(w *os.File) error { return write(w) })
				own := strings.NewReplacer("\x1b[H", "", "\x1b[K", "", "\x1b[J", "").Replace(got) // of a screen that is redrawn
				if at := strings.IndexFunc(own, func(r rune) bool {
					return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
				}); at >= 0 {
					t.Errorf("a terminal gets %q: %q", own[at:min(at+8, len(own))], got)
				}
				if !strings.Contains(own, "red") {
					t.Errorf("a terminal gets %q", got)
				}
			})
		}
	}
}

// TestRawElsewhere has what is no terminal get keys and values as they are.
func TestRawElsewhere(t *testing.T) {
	for name, format := range map[string]Format{
		"a report": "jsonpath={.leader}", "a key": "name", "a put": "name", "a list": "name", "an event": "name", "a value": "", "its key": "",
	} {
		var out bytes.Buffer
		if err := printed(format)[name](&out); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.TrimSuffix(out.String(), "\n"); got != nasty {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestYAMLOfAnyText: what JSON lets stand in a string as it is, YAML's reader may refuse.
func TestYAMLOfAnyText(t *testing.T) {
	text := nasty + "\u0085\u2028\ufeff\ufffe\uffff\U0001f600"
	for name, write := range map[string]func(io.Writer) error{
		"a put": func(w io.Writer) error { return Print(w, Put(report.NewPut([]byte(text), 1)), "yaml", false) },
		"a key": func(w io.Writer) error {
			return Print(w, Key(report.Key{KeyValue: report.NewKey([]byte(text))}), "yaml", false)
		},
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var read struct{ Key string }
		if err := yaml.Unmarshal(out.Bytes(), &read); err != nil || read.Key != text {
			t.Errorf("%s: %q is read, %v, from:\n%s", name, read.Key, err, &out)
		}
	}
}
