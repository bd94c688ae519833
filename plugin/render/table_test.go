package render

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain äöü 漢字 🙂":               "plain äöü 漢字 🙂",
		"a\nb\tc\rd":                   `a\nb\tc\rd`,
		"\x1b[31mred\x1b]0;title\a":    `^[[31mred^[]0;title\x07`,
		"\x9b31m":                      `\x9b31m`, // a byte that is not UTF-8
		"\u009b31m":                    `\u009b31m`,
		"\xff":                         `\xff`,
		"\x00\x08\x7f\v\f":             `\x00\x08\x7f\x0b\x0c`,
		"abc\u202edcba":                `abc\u202edcba`,
		"the replacement character: �": "the replacement character: �",
	} {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	f.Add("\x1b[31m\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		out := escape(s)
		for _, r := range out {
			if (unsafeRune(r) && r != '�') || r == '\n' || r == '\t' {
				t.Errorf("escape(%q) = %q has %q in it", s, out, r)
			}
		}
	})
}

var colour = regexp.MustCompile("\x1b\\[[0-9;]*m")

// TestColourDoesNotMoveColumns: the tab writer counts bytes, so each cell needs a code of the same length.
func TestColourDoesNotMoveColumns(t *testing.T) {
	s := report.Status{Head: report.Head{Cluster: "etcd", Namespace: "data"}, Seal: "none", Members: []report.Member{
		{Name: "etcd-0", ID: "a", Healthy: true, Version: "3.7.3", Role: report.Leader, Node: "n"},
		{Name: "etcd-1", Error: "no answer within 3s"},
	}, Warnings: []report.Warning{{Message: "not sealed", Remedy: "kubectl etcd seal"}}}
	var plain, painted bytes.Buffer
	if err := Print(&plain, Status(s), "", false); err != nil {
		t.Fatal(err)
	}
	if err := Print(&painted, Status(s), "", true); err != nil {
		t.Fatal(err)
	}
	if !colour.MatchString(painted.String()) || colour.MatchString(plain.String()) {
		t.Error("colour where none was asked for, or none where it was")
	}
	trim := func(text string) string { return regexp.MustCompile(` +\n`).ReplaceAllString(text, "\n") }
	if diff := cmp.Diff(trim(plain.String()), trim(colour.ReplaceAllString(painted.String(), ""))); diff != "" {
		t.Errorf("without its colour the table is another one (-plain +painted):\n%s", diff)
	}
}

func TestPrintRefusesUnknownFormats(t *testing.T) {
	for _, f := range []Format{"", "wide", "name", "json", "yaml", "jsonpath={.cluster}", "jsonpath=.cluster"} {
		if err := f.Validate(); err != nil {
			t.Errorf("%q: %v", f, err)
		}
	}
	for _, f := range []Format{"xml", "jsonpath={", "JSON"} {
		if err := f.Validate(); err == nil {
			t.Errorf("%q is taken", f)
		}
	}
}
