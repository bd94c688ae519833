package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"k8s.io/cli-runtime/pkg/printers"
)

// escape neutralises control characters in strings that came from a cluster, and keeps a cell on its line. A tab is no blank:
// keys may differ by it alone.
func escape(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(EscapeText(s))
}

// EscapeText neutralises what could drive a terminal and keeps line breaks and tabs. printers.EscapeTerminal knows
// the escape character and the carriage return only; the other control characters, bytes that are no UTF-8 (0x9b
// starts a sequence on an 8-bit terminal, 0xff means something to the tab writer) and marks that turn the direction
// of writing are shown by number.
func EscapeText(s string) string {
	s = printers.EscapeTerminal(s)
	if !strings.ContainsFunc(s, unsafeRune) {
		return s
	}
	var out strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, s[0])
		case unsafeRune(r) && r < utf8.RuneSelf:
			fmt.Fprintf(&out, `\x%02x`, r)
		case unsafeRune(r) && r != utf8.RuneError:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
		s = s[size:]
	}
	return out.String()
}

// unsafeRune also says yes to the replacement character, which is what a byte that is no UTF-8 decodes to.
func unsafeRune(r rune) bool {
	if r == '\n' || r == '\t' {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError
}
