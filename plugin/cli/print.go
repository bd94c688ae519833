package cli

import (
	"fmt"
	"os"

	"github.com/moby/term"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// Print writes a report to stdout in the format asked for.
func (f *Factory) Print(doc render.Document) error {
	return render.Print(f.Out, doc, render.Format(f.Output), f.Coloured())
}

// Say prints a line on stderr, with control characters escaped.
func (f *Factory) Say(format string, args ...any) {
	fmt.Fprintln(f.ErrOut, render.EscapeText(fmt.Sprintf(format, args...)))
}

// Coloured reports whether to print colours: by --color, then NO_COLOR (https://no-color.org), then whether stdout is a terminal.
func (f *Factory) Coloured() bool {
	if f.color != "auto" {
		return f.color == "always"
	}
	return f.StdoutIsTerminal() && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// StdoutIsTerminal reports whether stdout is a terminal. Output to a terminal is escaped and made readable.
func (f *Factory) StdoutIsTerminal() bool {
	_, terminal := term.GetFdInfo(f.Out)
	return terminal
}
