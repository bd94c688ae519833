package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func item(key, value string) report.KeyValue {
	kv := report.NewKey([]byte(key)).WithValue([]byte(value))
	kv.CreateRevision, kv.ModRevision, kv.Version = 2, 3, 1
	return kv
}

// TestKeysOfControlCharacters: in a table and on a terminal each key is on one line and distinguishable; a pipe gets its
// exact bytes, as from etcdctl.
func TestKeysOfControlCharacters(t *testing.T) {
	const key = "a\tb\nc"
	for name, tc := range map[string]struct {
		format   Format
		keysOnly bool
		raw      bool
		want     string
	}{
		"a table":                {"", false, true, "KEY       VALUE   REVISION\na\\tb\\nc   v\\t     3\n"},
		"keys on a terminal":     {"", true, false, "a\\tb\\nc\n"},
		"keys into a pipe":       {"", true, true, key + "\n"},
		"names on a terminal":    {"name", false, false, "a\\tb\\nc\n"},
		"names into a pipe":      {"name", false, true, key + "\n"},
		"a template into a pipe": {"jsonpath={.items[0].key}", true, true, key + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			p := NewKeyPrinter(&out, tc.format, tc.keysOnly, tc.raw)
			err := errors.Join(p.Page(report.KeyListHead{}, []report.KeyValue{item(key, "v\t")}), p.End(report.KeyListHead{}, false))
			if diff := cmp.Diff(tc.want, out.String()); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
		})
	}
}

// TestKeyPrinterWritesTheWholeDocument: the pages make up the document that one Print would write.
func TestKeyPrinterWritesTheWholeDocument(t *testing.T) {
	head := report.KeyListHead{Head: report.NewHead("KeyList", "data", "etcd"), Revision: 9}
	items := []report.KeyValue{item("a", "1"), item("b", "<&>"), item("c", "\xff")}
	for _, n := range []int{0, 1, 3} {
		want := report.KeyList{KeyListHead: head, Items: append([]report.KeyValue{}, items[:n]...), KeyListTail: report.KeyListTail{Count: int64(n), More: true}}
		got := func(format Format) string {
			var out bytes.Buffer
			p := NewKeyPrinter(&out, format, false, true)
			for _, kv := range items[:n] { // one page for each
				if err := p.Page(head, []report.KeyValue{kv}); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.End(head, true); err != nil {
				t.Fatal(err)
			}
			return out.String()
		}
		var wantJSON bytes.Buffer
		enc := json.NewEncoder(&wantJSON)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		if err := enc.Encode(want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantJSON.String(), got("json")); diff != "" {
			t.Errorf("%d keys, json (-want +got):\n%s", n, diff)
		}
		var wantTree, gotTree any
		wantYAML, _ := yaml.Marshal(want)
		if err := errors.Join(yaml.Unmarshal(wantYAML, &wantTree), yaml.Unmarshal([]byte(got("yaml")), &gotTree)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wantTree, gotTree); diff != "" {
			t.Errorf("%d keys, yaml (-want +got):\n%s", n, diff)
		}
		if diff := cmp.Diff(fmt.Sprintf("%d at 9\n", n), got("jsonpath={.count} at {.revision}")); diff != "" {
			t.Errorf("%d keys, jsonpath (-want +got):\n%s", n, diff)
		}
	}
}

// TestKeyPrinterThatBreaksOff: an incomplete list is not written as a complete one.
func TestKeyPrinterThatBreaksOff(t *testing.T) {
	head := report.KeyListHead{Head: report.NewHead("KeyList", "data", "etcd"), Revision: 9}
	broken := func(format Format, keysOnly bool, limit int) string {
		var out bytes.Buffer
		p := NewKeyPrinter(&out, format, keysOnly, true)
		if p.held != nil {
			p.held.limit = limit
		}
		if err := errors.Join(p.Page(head, []report.KeyValue{item("a", "1")}), p.Abort()); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for _, format := range []Format{"json", "yaml", "name", "jsonpath={.items[*].key}", ""} {
		if got := broken(format, true, maxHeldBytes); got != "" {
			t.Errorf("%q printed %q", format, got)
		}
	}
	if got := broken("", false, maxHeldBytes); !strings.Contains(got, "KEY") {
		t.Errorf("a table is printed as it comes: %q", got)
	}
	var tree any
	if got := broken("json", false, 1); !strings.Contains(got, `"a"`) || json.Unmarshal([]byte(got), &tree) == nil {
		t.Errorf("a parser takes for a document what has broken off:\n%s", got)
	}
	if got := broken("yaml", false, 1); !strings.Contains(got, "key: a") || yaml.Unmarshal([]byte(got), &tree) == nil {
		t.Errorf("a parser takes for a document what has broken off:\n%s", got)
	}
	if got := broken("name", false, 1); got != "a\n" {
		t.Errorf("%q", got)
	}
}

func TestKeyPrinterTables(t *testing.T) {
	items := []report.KeyValue{item("a", "1"), item("long/key\n", strings.Repeat("x", 150)), item("bin", "\xff\x1b[31m")}
	for _, tc := range []struct {
		name     string
		format   Format
		keysOnly bool
		raw      bool
		want     string
	}{
		{"keys only", "", true, false, "a\nlong/key\\n\nbin\n"},
		{"keys only, into a pipe", "", true, true, "a\nlong/key\n\nbin\n"},
		{"names", "name", false, true, "a\nlong/key\n\nbin\n"},
		{"table", "", false, false, strings.Join([]string{
			"KEY          VALUE" + strings.Repeat(" ", 107) + "REVISION",
			"a            1" + strings.Repeat(" ", 111) + "3",
			`long/key\n   ` + strings.Repeat("x", 100) + "… (150 B)   3",
			"bin          (binary, 6 B)" + strings.Repeat(" ", 99) + "3", "",
		}, "\n")},
		{"table, into a pipe", "", false, true, strings.Join([]string{
			"KEY          VALUE        REVISION",
			"a            1            3",
			`long/key\n   ` + strings.Repeat("x", 150) + "   3",
			`bin          \xff^[[31m   3`, "",
		}, "\n")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			p := NewKeyPrinter(&out, tc.format, tc.keysOnly, tc.raw)
			if err := errors.Join(p.Page(report.KeyListHead{}, items), p.End(report.KeyListHead{}, false)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, out.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestLongKeyWidensNoOtherRow: of a key of 10 KiB a terminal shows the beginning, and a pipe gets all.
func TestLongKeyWidensNoOtherRow(t *testing.T) {
	long := strings.Repeat("k", 10<<10)
	for raw, want := range map[bool]string{
		false: "a" + strings.Repeat(" ", 112) + "1       3\n" + long[:100] + "… (10 KiB)   2       3\n",
		true:  "a     1       3\n" + long + "   2       3\n",
	} {
		var out bytes.Buffer
		p := NewKeyPrinter(&out, "", false, raw)
		if err := errors.Join(p.Page(report.KeyListHead{}, []report.KeyValue{item("a", "1"), item(long, "2")}), p.End(report.KeyListHead{}, false)); err != nil {
			t.Fatal(err)
		}
		_, rows, _ := strings.Cut(out.String(), "\n")
		if diff := cmp.Diff(want, rows); diff != "" {
			t.Errorf("raw %v, -want +got:\n%s", raw, diff)
		}
	}
	var watched bytes.Buffer
	p := NewEventPrinter(&watched, "", true)
	for _, key := range []string{long, "a"} {
		if err := p.Print(report.Event{Type: "put", Revision: 3, KeyValue: item(key, "1")}); err != nil {
			t.Fatal(err)
		}
	}
	if rows := strings.Split(watched.String(), "\n"); rows[2] != "3          put      a     1" {
		t.Errorf("%q", rows[2])
	}
}

func TestPrintValue(t *testing.T) {
	kv := item("k", "two\nlines\x1b[31m\xff")
	for raw, want := range map[bool]string{true: "two\nlines\x1b[31m\xff", false: "two\nlines^[[31m\\xff\n"} {
		var out bytes.Buffer
		if err := PrintValue(&out, kv, raw); err != nil || out.String() != want {
			t.Errorf("raw %v: %q, %v; want %q", raw, out.String(), err, want)
		}
	}
}

func TestEventPrinter(t *testing.T) {
	put := report.Event{Meta: report.NewMeta("Event"), Type: "put", Revision: 3, KeyValue: item("k", "a\nb")}
	del := report.Event{Meta: report.NewMeta("Event"), Type: "delete", Revision: 4, KeyValue: report.NewKey([]byte("k"))}
	for format, want := range map[Format]string{
		"": "REVISION   EVENT    KEY   VALUE\n" +
			"3          put      k     a\\nb\n" +
			"4          delete   k     \n",
		"name": "k\nk\n",
		"json": `{"kind":"Event","apiVersion":"etcd.kubectl.dev/v1","type":"put","revision":3,"key":"k","value":"a\nb","createRevision":2,"modRevision":3,"version":1}` + "\n" +
			`{"kind":"Event","apiVersion":"etcd.kubectl.dev/v1","type":"delete","revision":4,"key":"k","modRevision":0}` + "\n",
	} {
		var out bytes.Buffer
		p := NewEventPrinter(&out, format, true)
		if err := errors.Join(p.Print(put), p.Print(del)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", format, diff)
		}
	}
}
