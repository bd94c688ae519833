package cli

import (
	"fmt"
	"os"

	"github.com/moby/term"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// Print writes a report to stdout in the format asked for.
func (o *Factory) Print(doc render.Document) error {
	return render.Print(o.Out, doc, render.Format(o.Output), o.Coloured())
}

// Say tells a person something on stderr.
func (o *Factory) Say(format string, args ...any) {
	fmt.Fprintln(o.ErrOut, render.EscapeText(fmt.Sprintf(format, args...)))
}

// Coloured follows --color, then NO_COLOR (https://no-color.org), then whether stdout is a terminal.
func (o *Factory) Coloured() bool {
	if o.color != "auto" {
		return o.color == "always"
	}
	return o.StdoutIsTerminal() && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// StdoutIsTerminal reports whether stdout is one: what is printed there is made harmless and readable.
func (o *Factory) StdoutIsTerminal() bool {
	_, terminal := term.GetFdInfo(o.Out)
	return terminal
}
