package render

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/moby/term"
)

// Progress tells a person on stderr what a long command is doing. On a terminal the lines of work under way are
// redrawn in place; elsewhere a line is written when it says something new.
type Progress struct {
	mu    sync.Mutex
	out   io.Writer
	fd    uintptr
	live  bool
	shown []string
	once  []string
}

// NewProgress returns a Progress on out.
func NewProgress(out io.Writer) *Progress {
	fd, live := term.GetFdInfo(out)
	return &Progress{out: out, fd: fd, live: live}
}

// Animated reports whether Live redraws in place: figures that change all the time are for that alone.
func (p *Progress) Animated() bool { return p.live }

// Step writes one line that stays.
func (p *Progress) Step(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.println(fmt.Sprintf(format, args...))
}

// Once writes one line that stays, unless it has written it before: what is looked at again and again has it said once.
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

// Live shows what is under way now. A later call replaces it, Live() with nothing ends it.
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

// fit cuts a line at the terminal's width: a wrapped line could not be erased by counting lines.
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

// print drops the error: who closed stderr does not want to hear of progress, and the work goes on.
func (p *Progress) print(text string) { _, _ = io.WriteString(p.out, text) }
