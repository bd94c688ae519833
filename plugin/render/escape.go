package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"k8s.io/cli-runtime/pkg/printers"
)

// escape is EscapeText, and escapes line breaks and tabs too, so that a cell stays on its line. A tab is escaped and not
// replaced by a blank, as two keys may differ in only that.
func escape(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(EscapeText(s))
}

// EscapeText escapes what could control a terminal, and keeps line breaks and tabs. printers.EscapeTerminal escapes only
// the escape character and the carriage return. The other control characters, bytes that are not UTF-8 (0x9b starts a
// sequence on an 8-bit terminal, the tab writer interprets 0xff) and bidirectional control characters become \x or \u
// escapes.
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

// unsafeRune reports whether a rune is escaped. It includes the replacement character, to which an invalid byte decodes.
func unsafeRune(r rune) bool {
	if r == '\n' || r == '\t' {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError
}
