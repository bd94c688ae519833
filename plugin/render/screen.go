package render

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/moby/term"
)

// The size that is assumed if the terminal's is unknown.
const (
	defaultWidth  = 80
	defaultHeight = 24
)

// screen redraws lines in place on a terminal, from its upper left corner. It does not use the alternate screen, so that the
// last state stays visible when the program ends.
type screen struct {
	out   io.Writer
	fd    uintptr
	drawn bool
}

// draw replaces the screen's content in one write, to avoid flicker. It reads the size each time, as the terminal may have
// been resized.
func (s *screen) draw(lines []string) error {
	width, height := defaultWidth, defaultHeight
	if size, err := term.GetWinsize(s.fd); err == nil && size.Width > 0 && size.Height > 1 {
		width, height = int(size.Width), int(size.Height)
	}
	text := frame(lines, width, height)
	if !s.drawn {
		text = strings.Repeat("\n", height) + text // scroll the screen's content into the history instead of overwriting it
		s.drawn = true
	}
	_, err := io.WriteString(s.out, text)
	return err
}

// frame returns the sequence that overwrites a screen with lines, from the home position on. Long lines wrap. Lines that do
// not fit are only counted: they would scroll the screen, and the next frame would start at the wrong place.
func frame(lines []string, width, height int) string {
	var out strings.Builder
	out.WriteString("\x1b[H")
	left := height - 1 // the last row is for the cursor
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
			out.WriteString("\x1b[K") // at the right edge it would erase the last character
		}
		out.WriteString("\n")
	}
	out.WriteString("\x1b[J")
	return out.String()
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// visible returns the number of visible characters in a line.
func visible(line string) int { return utf8.RuneCountInString(colours.ReplaceAllString(line, "")) }
