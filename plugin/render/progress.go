package render

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/moby/term"
)

// Progress shows on stderr what a long command is doing. On a terminal the lines of work in progress are redrawn in place;
// elsewhere a line is written if it differs from the ones before.
type Progress struct {
	mu    sync.Mutex
	out   io.Writer
	fd    uintptr
	live  bool
	shown []string // by Live, at the moment
	once  []string // written by Once
}

// NewProgress returns a Progress on out.
func NewProgress(out io.Writer) *Progress {
	fd, live := term.GetFdInfo(out)
	return &Progress{out: out, fd: fd, live: live}
}

// Animated reports whether Live redraws in place. Only then should lines have figures that change all the time.
func (p *Progress) Animated() bool { return p.live }

// Step writes a permanent line.
func (p *Progress) Step(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.println(fmt.Sprintf(format, args...))
}

// Once writes a permanent line unless it has written the same before. It is for loops that find the same thing each time.
func (p *Progress) Once(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.Contains(p.once, line) {
		return
	}
	p.once = append(p.once, line)
	p.erase()
	p.println(line)
}

// Live shows the work in progress. The next call replaces the lines; Live() without lines removes them.
func (p *Progress) Live(lines ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.live {
		p.erase()
		for _, l := range lines {
			p.println(p.fit("  " + l))
		}
		p.shown = lines
		return
	}
	seen := make(map[string]bool, len(p.shown))
	for _, l := range p.shown {
		seen[l] = true
	}
	for _, l := range lines {
		if !seen[l] {
			p.println("  " + l)
		}
	}
	p.shown = lines
}

func (p *Progress) erase() {
	if p.live && len(p.shown) > 0 {
		p.print(fmt.Sprintf("\x1b[%dA\x1b[J", len(p.shown)))
	}
	if p.live {
		p.shown = nil
	}
}

// fit truncates a line to the terminal's width: erase counts lines, and a wrapped one takes several.
func (p *Progress) fit(line string) string {
	size, err := term.GetWinsize(p.fd)
	if err != nil || size.Width == 0 {
		return line
	}
	runes := []rune(line)
	if len(runes) < int(size.Width) {
		return line
	}
	return string(runes[:max(int(size.Width)-2, 0)]) + "…"
}

func (p *Progress) println(line string) { p.print(strings.TrimRight(escape(line), " ") + "\n") }

// print ignores the error: with stderr closed the work goes on without progress.
func (p *Progress) print(text string) { _, _ = io.WriteString(p.out, text) }
