package cli

import (
	"testing"
)

func TestUnsafeInShell(t *testing.T) {
	for name, want := range map[string]bool{"etcd": false, "my_etcd.1": false, "a\tb": true, "a\nb": true, "a\x1b[31m": true, "a\u202eb": true, "\xff": true} {
		if got := unsafeInShell(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}
