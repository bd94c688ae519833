package render

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
	"k8s.io/cli-runtime/pkg/printers"
)

// painter turns a level into colour. Every level has a code of the same length, because the tab writer counts
// bytes: a column in which each cell is painted stays aligned.
type painter map[Level]*color.Color

func newPainter() painter {
	p := painter{
		Plain: color.New(color.Attribute(39)),
		Good:  color.New(color.FgGreen),
		Warn:  color.New(color.FgYellow),
		Bad:   color.New(color.FgRed),
	}
	for _, c := range p {
		c.EnableColor()
	}
	return p
}

func (p painter) paint(c Cell) string {
	text := escape(c.Text)
	if p == nil {
		return text
	}
	return p[c.Level].Sprint(text)
}

func printSections(w io.Writer, sections []Section, coloured bool) error {
	var paint painter
	if coloured {
		paint = newPainter()
	}
	for i, s := range sections {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := printSection(w, s, paint); err != nil {
			return err
		}
	}
	return nil
}

func printSection(w io.Writer, s Section, paint painter) error {
	if s.Title != "" {
		title := s.Title
		if s.Level != Plain {
			title = paint.paint(Cell{Text: title, Level: s.Level})
		}
		if _, err := fmt.Fprintln(w, title); err != nil {
			return err
		}
	}
	if err := printRows(w, s.Lines, paint); err != nil {
		return err
	}
	if len(s.Header) == 0 {
		return nil
	}
	var text strings.Builder
	(&columns{}).lay(&text, append([][]Cell{Text(s.Header...)}, s.Rows...), paint)
	_, err := io.WriteString(w, text.String())
	return err
}

const (
	// narrowestColumn is the least width of a column, with the gap behind it, as in kubectl's tables.
	narrowestColumn = 6
	columnGap       = 3
	// widestCell is the longest cell that makes its column wider. A longer one shifts what follows in its own row alone: a key of
	// 10 KiB would pad every other row to its length.
	widestCell = 120
)

// columns are the widths of a table's columns, which grow as rows come.
type columns struct{ widths []int }

// lay writes rows below one another. The last cell of a row is followed by nothing.
func (c *columns) lay(out *strings.Builder, rows [][]Cell, paint painter) {
	for _, row := range rows {
		for i := range row[:max(len(row)-1, 0)] {
			if i == len(c.widths) {
				c.widths = append(c.widths, narrowestColumn-columnGap)
			}
			if n := utf8.RuneCountInString(escape(row[i].Text)); n <= widestCell {
				c.widths[i] = max(c.widths[i], n)
			}
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			out.WriteString(paint.paint(cell))
			if i < len(row)-1 {
				n := utf8.RuneCountInString(escape(cell.Text))
				out.WriteString(strings.Repeat(" ", max(c.widths[i]-n, 0)+columnGap))
			}
		}
		out.WriteByte('\n')
	}
}

func printRows(w io.Writer, rows [][]Cell, paint painter) error {
	tabs := printers.GetNewTabWriter(w)
	for _, row := range rows {
		texts := make([]string, len(row))
		for i, c := range row {
			texts[i] = paint.paint(c)
		}
		if _, err := fmt.Fprintln(tabs, strings.Join(texts, "\t")); err != nil {
			return err
		}
	}
	return tabs.Flush()
}
