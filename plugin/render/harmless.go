package render

import (
	"io"

	"github.com/moby/term"
)

// TerminalSafe returns a writer on w that escapes what could control a terminal if w is one, and w otherwise. It is for the
// formats for programs, which a user may print to a terminal too, and which do not escape enough: JSON keeps control
// characters from 0x7f on, YAML keeps bidirectional control characters, and a jsonpath template keeps everything.
func TerminalSafe(w io.Writer) io.Writer {
	if !isTerminal(w) {
		return w
	}
	return harmless{w}
}

func isTerminal(w io.Writer) bool {
	_, terminal := term.GetFdInfo(w)
	return terminal
}

// harmless escapes each write. A write must not split a character; no printer here does.
type harmless struct{ io.Writer }

// Write implements io.Writer.
func (h harmless) Write(p []byte) (int, error) {
	if _, err := io.WriteString(h.Writer, EscapeText(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
