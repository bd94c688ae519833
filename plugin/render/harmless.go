package render

import (
	"io"

	"github.com/moby/term"
)

// Harmless returns a writer on w that neutralises what could drive a terminal, where w is one; elsewhere it is w. It is
// for what programs read, which has strings as they are: a person may ask for it too. JSON leaves the control characters
// from 0x7f on as they are, YAML the marks that turn the direction of writing, and a template everything.
func Harmless(w io.Writer) io.Writer {
	if !isTerminal(w) {
		return w
	}
	return harmless{w}
}

func isTerminal(w io.Writer) bool {
	_, terminal := term.GetFdInfo(w)
	return terminal
}

// harmless takes whole characters at a time, as every printer here writes them.
type harmless struct{ io.Writer }

// Write implements io.Writer.
func (h harmless) Write(p []byte) (int, error) {
	if _, err := io.WriteString(h.Writer, EscapeText(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
