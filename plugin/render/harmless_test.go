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

// nasty has what controls a terminal: 7-bit and 8-bit escape sequences, a title, a bell, a backspace, a carriage return, a
// delete, and a bidirectional control character.
const nasty = "a\x1b[31mred\u009b2J\x1b]0;title\a\b\r\x7f\u202eb"

// onTerminal returns what write sends to a terminal.
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
		text, _ := io.ReadAll(here) // on Linux it returns an error once the other side is closed
		seen <- string(text)
	}()
	err = write(there)
	_ = there.Close()
	if err != nil {
		t.Error(err)
	}
	return strings.ReplaceAll(<-seen, "\r\n", "\n") // the terminal adds the carriage returns
}

// printed returns every way in which data of a cluster is written to stdout.
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

func TestNothingControlsATerminal(t *testing.T) {
	for _, format := range []Format{"", "wide", "name", "json", "yaml", "jsonpath={.leader}{.key}{.items[*].value}"} {
		for name, write := range printed(format) {
			t.Run(string(format)+"/"+name, func(t *testing.T) {
				got := onTerminal(t, func(w *os.File) error { return write(w) })
				own := strings.NewReplacer("\x1b[H", "", "\x1b[K", "", "\x1b[J", "").Replace(got) // written by the screen itself
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

// TestRawElsewhere: keys and values are not escaped if the output is no terminal.
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

// TestYAMLOfAnyText: YAML does not allow every character that JSON allows in a string.
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
