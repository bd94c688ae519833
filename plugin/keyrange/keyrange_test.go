package keyrange

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRange(t *testing.T) {
	for name, test := range map[string]struct {
		keys  Range
		scope Scope
		text  string
	}{
		"one key":                 {Range{Key: "a\n"}, OneKey, `"a\n"`},
		"a prefix":                {Prefix("a/"), PrefixOf, `keys that begin with "a/"`},
		"the last prefix":         {Prefix("\xff"), PrefixOf, `keys that begin with "\xff"`}, // no key is behind them
		"from a key on":           {From("b"), FromKey, `keys from "b" on`},
		"two keys":                {Range{"a", "c"}, FromTo, `keys from "a" to "c"`},
		"all":                     {All(), EveryKey, "all keys"},
		"all, as role root's":     {Range{"", "\x00"}, EveryKey, "all keys"},
		"all, as an empty prefix": {Prefix(""), EveryKey, "all keys"},
	} {
		if got := test.keys.Scope(); got != test.scope {
			t.Errorf("%s: scope %q, want %q", name, got, test.scope)
		}
		if diff := cmp.Diff(test.text, test.keys.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
