package render

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/moby/term"
)

// The size of a terminal that does not tell its own.
const (
	usualWidth  = 80
	usualHeight = 24
)

// screen redraws lines in place on a terminal, from its upper left corner. It does not take the alternate screen, so
// that what was drawn last stays when the program ends.
type screen struct {
	out   io.Writer
	fd    uintptr
	drawn bool
}

// draw replaces what is on the screen, in one write, so that nothing flickers. The size is asked for each time: the
// terminal may have been resized.
func (s *screen) draw(lines []string) error {
	width, height := usualWidth, usualHeight
	if size, err := term.GetWinsize(s.fd); err == nil && size.Width > 0 && size.Height > 1 {
		width, height = int(size.Width), int(size.Height)
	}
	text := frame(lines, width, height)
	if !s.drawn {
		text = strings.Repeat("\n", height) + text // what is on the screen goes up into the history instead of being lost
		s.drawn = true
	}
	_, err := io.WriteString(s.out, text)
	return err
}

// frame overwrites a screen with lines, from the home position on. Long lines are left to wrap; what is more than fits
// is counted, as a terminal that scrolls would move what was drawn before.
func frame(lines []string, width, height int) string {
	var out strings.Builder
	out.WriteString("\x1b[H")
	left := height - 1 // the cursor stays below
	for i, line := range lines {
		line = strings.TrimRight(line, " ")
		long := visible(line)
		rows := max((long+width-1)/width, 1)
		if rows > left || rows == left && i < len(lines)-1 {
			fmt.Fprintf(&out, "… %d more lines\x1b[K\n", len(lines)-i)
			break
		}
		left -= rows
		out.WriteString(line)
		if long == 0 || long%width != 0 {
			out.WriteString("\x1b[K") // after a line that ends at the edge it would take the last character
		}
		out.WriteString("\n")
	}
	out.WriteString("\x1b[J")
	return out.String()
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// visible returns how many columns a line takes.
func visible(line string) int { return utf8.RuneCountInString(colours.ReplaceAllString(line, "")) }
