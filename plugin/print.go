package plugin

import (
	"fmt"
	"os"

	"github.com/moby/term"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// print writes a report to stdout in the format asked for.
func (o *options) print(doc report.Document) error {
	return report.Print(o.Out, doc, report.Format(o.output), o.coloured())
}

// say tells a person something on stderr.
func (o *options) say(format string, args ...any) {
	fmt.Fprintln(o.ErrOut, report.EscapeText(fmt.Sprintf(format, args...)))
}

// coloured follows --color, then NO_COLOR (https://no-color.org), then whether stdout is a terminal.
func (o *options) coloured() bool {
	if o.color != "auto" {
		return o.color == "always"
	}
	return o.terminal() && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// terminal reports whether stdout is one: what is printed there is made harmless and readable.
func (o *options) terminal() bool {
	_, terminal := term.GetFdInfo(o.Out)
	return terminal
}
