package settings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestConditions: results of test(1) on text, numbers and unknown values.
func TestConditions(t *testing.T) {
	var d unknowns
	unknown := d.mark("a Secret")
	names := map[truth]string{no: "no", maybe: "maybe", yes: "yes"}
	for condition, want := range map[string]truth{
		"a": yes, "": no, "! a": no,
		"-z a": no, "-z ": yes, "-n a": yes, "-n ": no, "! -z a": yes,
		"a = a": yes, "a = b": no, "a == a": yes, "a == b": no, "a != a": no, "a != b": yes,
		"1 -eq 1": yes, "1 -eq 2": no, "1 -ne 1": no, "1 -ne 2": yes, "01 -eq 1": yes,
		"1 -lt 1": no, "1 -lt 2": yes, "2 -lt 1": no, "1 -le 1": yes, "1 -le 2": yes, "2 -le 1": no,
		"1 -gt 1": no, "2 -gt 1": yes, "1 -gt 2": no, "1 -ge 1": yes, "2 -ge 1": yes, "1 -ge 2": no,
		"! 1 -lt 2": no,
		"a -eq 1":   maybe, "1 -eq a": maybe, "1 -xx 1": maybe, "a < b": maybe,
		"-e /file": maybe, "-f a": maybe, "! -e /file": maybe, "! ! -z ": yes, "!": yes,
		"a = a -a b = b": maybe, "-n x" + unknown: maybe, unknown + " = a": maybe, "! -z " + unknown: maybe,
	} {
		if got := test(strings.Split(condition, " ")); got != want {
			t.Errorf("[ %s ]: %s, want %s", condition, names[got], names[want])
		}
	}
	if got := test(nil); got != maybe {
		t.Errorf("[ ]: %s", names[got])
	}
}

// TestUnknowns: a value keeps its known parts, and the reasons why the others are unknown.
func TestUnknowns(t *testing.T) {
	var d unknowns
	first, second := d.mark("one"), d.mark("two")
	if again := d.mark("one"); again != first || first == second {
		t.Errorf("marks %q, %q, and again %q", first, second, again)
	}
	value := "a" + second + "b" + first + second
	if diff := cmp.Diff([]string{"two", "one"}, d.reasonsFor(value)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for value, want := range map[string][2]string{
		"plain":                         {"plain", "plain"},
		value:                           {"", "a*b**"},
		string(rune(firstMark-1)) + "x": {string(rune(firstMark-1)) + "x", string(rune(firstMark-1)) + "x"},
		string(rune(lastMark)):          {"", "*"},
		string(rune(lastMark + 1)):      {string(rune(lastMark + 1)), string(rune(lastMark + 1))},
		string(rune(firstMark)) + "://" + "a:2379": {"", "*://a:2379"},
	} {
		if diff := cmp.Diff(want, [2]string{known(value), pattern(value)}); diff != "" {
			t.Errorf("%q: -want +got:\n%s", value, diff)
		}
	}
	if got := d.reasonsFor(string(rune(lastMark))); got != nil {
		t.Errorf("a mark that nobody made is for %q", got)
	}
}
