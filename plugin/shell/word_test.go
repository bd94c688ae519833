package shell

import "testing"

func TestWord(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain", "": "''", "a b": "'a b'", "o'brien": `"o'brien"`, "$HOME": "'$HOME'", "a\nb": `$'a\nb'`, "a\x00b": "KEY",
	} {
		if got := Word(text, "KEY"); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
